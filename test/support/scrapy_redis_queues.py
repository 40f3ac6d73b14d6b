"""Writes scrapy_redis_queues.json: what scrapy-redis leaves in Redis, and what it takes out again.

    python scrapy_redis_queues.py redis://127.0.0.1:6379/9 > scrapy_redis_queues.json

Needs scrapy and scrapy-redis, and an empty database, which it empties again.
"""
import base64, datetime, decimal, json, pickle, platform, sys

import redis
import scrapy
import scrapy_redis
from scrapy.http import FormRequest, JsonRequest
from scrapy_redis.dupefilter import RFPDupeFilter
from scrapy_redis.queue import FifoQueue, LifoQueue, PriorityQueue


class Spider(scrapy.Spider):
    name = "shop"

    def parse(self, response):
        pass

    def parse_item(self, response, page=None, tags=()):
        pass

    def failed(self, failure):
        pass


spider = Spider()
URL = "http://shop.example/"
requests = [
    scrapy.Request(URL, dont_filter=True, meta={"is_start_request": True}),
    scrapy.Request(URL + "caf\u00e9 x?q=\u00fc&a=1#frag", headers={"Referer": URL, "X-Twice": ["1", "2"], "X-Latin": "caf\u00e9"}, encoding="latin-1"),
    scrapy.Request(URL + "item/1", spider.parse_item, errback=spider.failed, cb_kwargs={"page": 7, "tags": ("a", b"b")}, priority=5),
    scrapy.Request(URL + "item/2", spider.parse_item, meta={"depth": 3, "proxy": "http://p:1", "cookiejar": 2, "none": None, "big": 2**70}, priority=5),
    scrapy.Request(URL + "retried", priority=-1, dont_filter=True, meta={"depth": 1, "retry_times": 2, "download_slot": "shop.example", "download_latency": 0.25, "download_timeout": 180.0}),
    scrapy.Request(URL + "redirected", priority=2, dont_filter=True, meta={"redirect_times": 2, "redirect_ttl": 18, "redirect_urls": [URL + "a", URL + "b"], "redirect_reasons": [301, "meta refresh"]}),
    scrapy.Request(URL + "options", meta={"dont_redirect": True, "handle_httpstatus_list": [404, 410], "max_retry_times": 9, "download_slot": "slow", "download_maxsize": 1000, "dont_obey_robotstxt": True}),
    scrapy.Request(URL + "cookies", cookies={"lang": "de", "n": 1}, headers={"Cookie": "a=1"}),
    scrapy.Request(URL + "cookies/list", cookies=[{"name": "in", "value": "1", "domain": "shop.example", "path": "/"}, {"name": "out", "value": "2", "domain": "other.example"}]),
    FormRequest(URL + "form", spider.parse_item, formdata={"q": "caf\u00e9 &=", "tag": ["a", "b"]}, priority=10),
    FormRequest(URL + "search?old=1", method="GET", formdata={"q": "x y"}),
    JsonRequest(URL + "json", data={"b": [1, None], "a": "\u20ac"}, priority=-3),
    scrapy.Request(URL + "bytes", method="PUT", body=bytes(range(256))),
    scrapy.Request(URL + "flags", flags=["partial"], meta={"set": {1}, 5: "five", "nested": {"a": [{"b": ({},)}]}}),
    scrapy.Request("http://other.example:8080/x", priority=5),
]
requests += [scrapy.Request(f"{URL}page/{n}", priority=n % 3, dont_filter=n % 5 == 0) for n in range(12)]
# the same once more
requests += [scrapy.Request(URL, dont_filter=True, meta={"is_start_request": True})] * 2

BAD = {
    "a datetime in meta": pickle.dumps({"url": URL + "bad/1", "meta": {"at": datetime.datetime(2026, 1, 1)}}, -1),
    "a Decimal in cb_kwargs": pickle.dumps({"url": URL + "bad/2", "cb_kwargs": {"n": decimal.Decimal("1.5")}}, -1),
    "bytes that are no text in meta": pickle.dumps({"url": URL + "bad/3", "meta": {"raw": b"\xff\x00"}}, -1),
    "a number that JSON has not": pickle.dumps({"url": URL + "bad/4", "meta": {"n": float("nan")}}, -1),
    "no url": pickle.dumps({"method": "GET"}, -1),
    "no dict": pickle.dumps([URL], -1),
    "a URL without a scheme": pickle.dumps({"url": "shop.example/"}, -1),
    "a header with a line break": pickle.dumps({"url": URL + "bad/5", "headers": {b"X": [b"a\r\nb: c"]}}, -1),
    "JSON": json.dumps({"url": URL}).encode(),
    "something cut off": pickle.dumps({"url": URL + "bad/6"}, -1)[:-5],
    "what would run a command": b"cos\nsystem\n(S'true'\ntR.",
}


def text(data):
    return base64.b64encode(data).decode()


def plain(value):
    """As JSON, where it can be."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def described(r):
    name = lambda method: None if method is None else method.__name__
    return {
        "url": r.url, "method": r.method, "body": text(r.body), "priority": r.priority, "dontFilter": r.dont_filter,
        "headers": [[k.decode(), v.decode("latin-1")] for k, vs in r.headers.items() for v in vs],
        "callback": name(r.callback), "errback": name(r.errback), "cbArgs": plain(r.cb_kwargs), "meta": plain(r.meta),
    }


server = redis.Redis.from_url(sys.argv[1])
assert server.dbsize() == 0, "expected an empty database"
result = {"made": {"python": platform.python_version(), "scrapy": scrapy.__version__, "scrapy_redis": scrapy_redis.__version__}, "queues": {}}
for kind, queue_class in (("priority", PriorityQueue), ("fifo", FifoQueue), ("lifo", LifoQueue)):
    queue = queue_class(server, spider, "%(spider)s:requests")
    for request in requests:
        queue.push(request)
    key = "shop:requests"
    if kind == "priority":
        members = [[text(member), score] for member, score in server.zrange(key, 0, -1, withscores=True)]
    else:
        members = [text(member) for member in server.lrange(key, 0, -1)]
    pops = []
    while (request := queue.pop()) is not None:
        pops.append(described(request))
    result["queues"][kind] = {"members": members, "pops": pops}
filter = RFPDupeFilter(server, "shop:dupefilter")
for request in [r for r in requests if not r.dont_filter] + [scrapy.Request(f"{URL}done/{n}") for n in range(20)]:
    filter.request_seen(request)
result["dupefilter"] = sorted(member.decode() for member in server.smembers("shop:dupefilter"))
result["bad"] = {why: text(data) for why, data in BAD.items()}
server.flushdb()
# one member, one pop, a line: readable, and small
lines = lambda items: "[\n" + ",\n".join(json.dumps(item) for item in items) + "]"
queues = ",\n".join(f'"{kind}": {{"members": {lines(q["members"])},\n"pops": {lines(q["pops"])}}}' for kind, q in result["queues"].items())
rest = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in result.items() if key != "queues")
print("{" + rest + ",\n\"queues\": {" + queues + "}}")
