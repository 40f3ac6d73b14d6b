"""The reference: Scrapy with its link extractor, over everything that it finds below one site."""

import scrapy
from scrapy.http import HtmlResponse
from scrapy.linkextractors import LinkExtractor


class RealSites(scrapy.Spider):
    name = "real-sites"
    custom_settings = {"CONCURRENT_REQUESTS": 32, "CONCURRENT_REQUESTS_PER_DOMAIN": 32, "LOG_LEVEL": "ERROR", "COOKIES_ENABLED": False}

    def start_requests(self):
        self.site = self.start.split("/")[2]
        self.links = LinkExtractor(allow_domains=[self.site], deny_extensions=self.deny.split(","))
        for path in self.paths.split(","):
            yield scrapy.Request(self.start + path)

    def parse(self, response):
        yield {"url": response.url}
        if isinstance(response, HtmlResponse):
            for link in self.links.extract_links(response):
                yield scrapy.Request(link.url)
