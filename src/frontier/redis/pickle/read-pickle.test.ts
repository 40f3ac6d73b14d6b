import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { PickleValue } from './pickle-value.ts'
import { readPickle } from './read-pickle.ts'

const bytes = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')

/** A value as the Python below writes it: everything told apart that JSON would mix up. */
function tagged(value: PickleValue): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return ['i', String(value)]
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? ['i', String(value)] : ['f', floatHex(value)]
  // code units, which halves of surrogate pairs have too
  if (typeof value === 'string') return ['s', value.split('').map((unit) => unit.charCodeAt(0))]
  if (value instanceof Uint8Array) return ['b', Buffer.from(value).toString('hex')]
  if (value instanceof Map) return ['d', [...value].map(([key, one]) => [tagged(key), tagged(one)])]
  if (value instanceof Set)
    return [
      't',
      [...value]
        .map(tagged)
        .map((one) => JSON.stringify(one))
        .sort(),
    ]
  return ['l', (value as readonly PickleValue[]).map(tagged)]
}

function floatHex(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleBE(value)
  return buffer.toString('hex')
}

/** Random plain data, pickled by Python in one protocol: one `<pickle as hex> <the value, tagged, as JSON>` a line. */
const PYTHON = `
import json, pickle, random, struct, sys
protocol, seed, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
r = random.Random(seed)
ALPHABET = ['a', 'Z', '0', ' ', '\\n', '\\r', '\\x00', '\\x1a', '\\\\', "'", '"', 'u0041', '\\\\u0041', '\\xe9', '\\x80', '\\u20ac', '\\u4e2d', '\\ufeff', '\\U0001f600', '\\ud800', '\\udfff']
def text():
    n = r.choice([0, 1, 3, 10, 300]) if r.random() < 0.3 else r.randrange(8)
    return ''.join(r.choice(ALPHABET) for _ in range(n))
def integer():
    base = r.choice([0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53, 2**63, 2**64, 10**40, 2**2040])
    return (base + r.randrange(-2, 3)) * r.choice([1, -1])
def real():
    return r.choice([0.5, -0.0, 1e300, 5e-324, float('inf'), float('-inf'), float('nan'), 1/3, r.random(), -123456.789])
def blob():
    return bytes(r.randrange(256) for _ in range(r.choice([0, 1, 7, 300])))
shared = [['shared'], {'k': 'v'}]
def scalar(d):
    makers = [lambda: None, lambda: True, lambda: False, text, text, integer, real]
    if protocol >= 3: makers.append(blob)
    if protocol >= 5: makers.append(lambda: bytearray(blob()))
    return r.choice(makers)()
def value(d):
    k = r.random()
    if d == 0 or k < 0.4: return scalar(d)
    n = r.choice([0, 1, 2, 3, 4, 5, 1200]) if r.random() < 0.02 else r.randrange(5)
    if k < 0.55: return [value(d - 1) for _ in range(n)] if n < 1000 else list(range(n))
    if k < 0.7: return tuple(value(d - 1) for _ in range(n)) if n < 1000 else tuple(range(n))
    if k < 0.73: return r.choice(shared)
    if k < 0.8 and protocol >= 4:
        members = [r.choice([text(), integer(), None]) for _ in range(n % 6)]
        return r.choice([set, frozenset])(members)
    d2 = {}
    for i in range(n if n < 1000 else 0): d2[r.choice([text(), integer(), i])] = value(d - 1)
    if n >= 1000: d2 = {str(i): i for i in range(n)}
    return d2
def units(s):
    b = s.encode('utf-16-be', 'surrogatepass')
    return [b[i] * 256 + b[i + 1] for i in range(0, len(b), 2)]
def tag(v):
    if v is None or v is True or v is False: return v
    if isinstance(v, int): return ['i', str(v)]
    if isinstance(v, float):
        if v != v: return ['f', 'nan']
        if v == int(v) if v not in (float('inf'), float('-inf')) else False:
            if abs(v) < 2**53 and struct.pack('>d', v) != struct.pack('>d', -0.0): return ['i', str(int(v))]
        return ['f', struct.pack('>d', v).hex()]
    if isinstance(v, str): return ['s', units(v)]
    if isinstance(v, (bytes, bytearray)): return ['b', bytes(v).hex()]
    if isinstance(v, (list, tuple)): return ['l', [tag(x) for x in v]]
    if isinstance(v, (set, frozenset)): return ['t', sorted(json.dumps(tag(x), separators=(',', ':')) for x in v)]
    return ['d', [[tag(k), tag(x)] for k, x in v.items()]]
for _ in range(count):
    v = value(5)
    if r.random() < 0.2: v = [v, v, shared]
    dumps = pickle.dumps if r.random() < 0.5 else pickle._dumps
    print(dumps(v, protocol=protocol).hex(), json.dumps(tag(v), separators=(',', ':')))
`

function python(protocol: number, seed: number, count: number): [pickle: Buffer, value: string][] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PYTHON, String(protocol), String(seed), String(count)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`python3 failed: ${stderr}`)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => [Buffer.from(line.slice(0, line.indexOf(' ')), 'hex'), line.slice(line.indexOf(' ') + 1)])
}

describe.each([0, 1, 2, 3, 4, 5])('protocol %i', (protocol) => {
  const cases = python(protocol, 1000 + protocol, 400)

  it('gives what Python pickled', () => {
    for (const [pickle, value] of cases) expect(JSON.stringify(tagged(readPickle(pickle)))).toBe(value)
  })

  it('refuses every pickle that is cut off, and never throws anything else', () => {
    for (const [pickle] of cases.slice(0, 60)) {
      for (let length = 0; length < pickle.length; length += Math.max(1, pickle.length >> 6)) {
        expect(() => readPickle(pickle.subarray(0, length))).toThrow(expect.objectContaining({ code: 'ERR_PICKLE' }))
      }
    }
  })

  it('never throws anything else for pickles with wrong bytes', () => {
    const random = randomFrom(protocol)
    let read = 0
    for (const [pickle] of cases) {
      const wrong = Buffer.from(pickle)
      for (let n = 1 + (random() % 3); n > 0 && wrong.length > 0; n--) wrong[random() % wrong.length] = random() & 0xff
      if (reads(wrong)) read++
    }
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(cases.length)
  })
})

/** Numbers that are the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761 + 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state >>> 8
  }
}

/** Whether it can be read. What is thrown must be one of the two codes. */
function reads(pickle: Uint8Array): boolean {
  try {
    readPickle(pickle)
    return true
  } catch (error) {
    expect((error as { code?: unknown }).code).toMatch(/^ERR_PICKLE(_UNSAFE)?$/)
    return false
  }
}

describe('what would make Python run something', () => {
  it.each([
    ['GLOBAL', 'cos\nsystem\n.', 'os.system'],
    ['STACK_GLOBAL', '\x80\x04\x8c\x02os\x8c\x06system\x93.', 'os.system'],
    ['STACK_GLOBAL', '\x80\x04]]\x93.', ''],
    ['INST', '(ios\nsystem\n.', 'os.system'],
    ['OBJ', '(o.', ''],
    ['NEWOBJ', 'N)\x81.', ''],
    ['NEWOBJ_EX', 'N)}\x92.', ''],
    ['REDUCE', 'N)R.', ''],
    ['BUILD', 'N}b.', ''],
    ['PERSID', 'Px\n.', ''],
    ['BINPERSID', 'NQ.', ''],
    ['EXT1', '\x82\x01.', ''],
    ['EXT2', '\x83\x01\x00.', ''],
    ['EXT4', '\x84\x01\x00\x00\x00.', ''],
    ['NEXT_BUFFER', '\x80\x05\x97.', ''],
    ['READONLY_BUFFER', '\x80\x05N\x98.', ''],
  ])('refuses %s', (name, pickle, named) => {
    const call = (): unknown => readPickle(bytes(pickle))
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_PICKLE_UNSAFE' }))
    expect(call).toThrow(named === '' ? `${name} at byte` : `${name} (${named}) at byte`)
  })

  it('is refused wherever it stands', () => {
    expect(() => readPickle(bytes('(lp0\nI1\nacos\nsystem\n(S"id"\ntR.'))).toThrow('GLOBAL (os.system)')
  })
})

describe('what is no pickle of plain data', () => {
  it.each([
    ['nothing', '', 'too early'],
    ['text', 'http://example.com/', 'unknown instruction 0x68|not in it'],
    ['JSON', '{"url": "http://example.com/"}', 'unknown instruction 0x7b'],
    ['an unknown instruction', '\x80\x04\xff.', 'unknown instruction 0xff'],
    ['a protocol to come', '\x80\x06N.', 'protocol 6'],
    ['no value', '.', 'before it is whole'],
    ['two values', 'NN.', 'before it is whole'],
    ['a mark that stays', 'N(.', 'before it is whole'],
    ['more behind its end', 'N.N.', 'behind its end'],
    ['a value taken from nothing', 'a.', 'not there'],
    ['a value taken from below a mark', ']N(a.', 'not there'],
    ['a group that was not begun', 't.', 'did not begin'],
    ['a list that is none', 'NNa.', 'no list'],
    ['a dict that is none', ']NNs.', 'no dict'],
    ['a set that is none', ']\x28\x90.', 'no set'],
    ['a key without a value', '}(Nu.', 'has no value'],
    ['a memo that is empty', 'h\x00.', 'not in it'],
    ['a place that is no number', 'gx\n.', 'no number'],
    ['an integer that is none', 'I1x\n.', 'integer'],
    ['an integer of 4,301 digits', `L${'9'.repeat(4301)}L\n.`, 'integer'],
    ['an integer of 10,000 bytes', `\x8b\x10\x27\x00\x00${'\x01'.repeat(10_000)}.`, 'too many digits'],
    ['a float that is none', 'F1.2.3\n.', 'float'],
    ['a str without quotes', 'Sabc\n.', 'str'],
    ['a str of one quote', "S'\n.", 'str'],
    ['text that is not UTF-8', '\x8c\x01\xff.', 'not UTF-8'],
    ['a character that does not exist', 'V\\U00110000\n.', 'does not exist'],
    ['a length of 2^31 bytes', 'X\x00\x00\x00\x80abc.', 'too early'],
    ['a length of 2^63 bytes', '\x8e\x00\x00\x00\x00\x00\x00\x00\x80abc.', 'too early'],
    ['a frame that is cut off', '\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00N.', 'frame'],
    ['a list in itself', ']q\x00h\x00a.', 'contains itself'],
    ['a dict in itself', '}q\x00Nh\x00s.', 'contains itself'],
    ['a list in a tuple in itself', ']q\x00h\x00\x85a.', 'contains itself'],
  ])('refuses %s', (_, pickle, problem) => {
    const call = (): unknown => readPickle(bytes(pickle))
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_PICKLE' }))
    expect(call).toThrow(new RegExp(problem))
  })

  it('reads 200 levels and no more, also when they are reached through the memo', () => {
    const nested = (levels: number): string => `${']'.repeat(levels)}${'a'.repeat(levels - 1)}.`
    expect(readPickle(bytes(nested(200)))).toBeInstanceOf(Array)
    expect(() => readPickle(bytes(nested(201)))).toThrow('200 levels')
    // 150 levels in the memo, then once more at the bottom of 100 others
    const inner = `${']'.repeat(150)}${'a'.repeat(149)}q\x00`
    expect(() => readPickle(bytes(`(${inner}${']'.repeat(100)}h\x00${'a'.repeat(100)}t.`))).toThrow('200 levels')
    expect(readPickle(bytes(`(${inner}${']'.repeat(40)}h\x00${'a'.repeat(40)}t.`))).toBeInstanceOf(Array)
  })

  it('refuses what is small as a pickle and huge written out', () => {
    // each list has the one before twice: 2^60 in all
    const lists = `]q\x00${Array.from({ length: 60 }, (_, i) => `](h${chr(i)}h${chr(i)}eq${chr(i + 1)}`).join('')}`
    expect(() => readPickle(bytes(`(${lists}t.`))).toThrow(expect.objectContaining({ code: 'ERR_PICKLE' }))
    // a text of 10 kB, 10,000 times
    const text = `X\x10\x27\x00\x00${'x'.repeat(10_000)}q\x00`
    expect(() => readPickle(bytes(`(${text}${'h\x00'.repeat(10_000)}t.`))).toThrow('far too large')
    // and with DUP in place of the memo
    expect(() => readPickle(bytes(`](N${'2\x86'.repeat(60)}e.`))).toThrow(expect.objectContaining({ code: 'ERR_PICKLE' }))
  })

  it('does not run out of memory or time', () => {
    expect(() => readPickle(Buffer.alloc(16 * 1024 * 1024, '}'))).toThrow('250000 instructions')
    expect(() => readPickle(Buffer.alloc(16 * 1024 * 1024, '('))).toThrow('250000 instructions')
    expect(() => readPickle(Buffer.alloc(16 * 1024 * 1024 + 1, 'N'))).toThrow('16777217 bytes')
    const long = (opcode: string, filler: string): Buffer => bytes(`${opcode}${filler.repeat(1_000_000)}\n.`)
    expect(readPickle(long('V', '\\'))).toHaveLength(1_000_000)
    expect(() => readPickle(long('F', '1'))).toThrow('float')
    expect(() => readPickle(long('I', '1'))).toThrow('integer')
    expect(() => readPickle(long('S', '\\'))).toThrow('str')
    expect(() => readPickle(long('c', 'x'))).toThrow()
  })
})

const chr = (code: number): string => String.fromCharCode(code)

describe('Python 2', () => {
  it.each([
    ["S'http://a.b/'\np0\n.", 'http://a.b/'],
    ['S"it\'s\\n\\x41\\101\\\\\\q"\n.', "it's\nAA\\\\q"],
    ["S'caf\\xc3\\xa9'\n.", 'café'],
    ['U\x05caf\xc3\xa9.', 'café'],
    ['T\x02\x00\x00\x00ok.', 'ok'],
    ['I01\n.', true],
    ['I00\n.', false],
    ['L123L\n.', 123],
    ['L-99999999999999999999L\n.', -99_999_999_999_999_999_999n],
    ['(dp0\nS"a"\nI1\ns.', new Map([['a', 1]])],
    ["(S'a'\nI1\nd.", new Map([['a', 1]])],
    ['(I1\nI2\nl.', [1, 2]],
  ])('reads %j', (pickle, value) => {
    expect(readPickle(bytes(pickle))).toEqual(value)
  })

  it('gives a str that is not UTF-8 as bytes', () => {
    expect(readPickle(bytes('U\x02\xff\xfe.'))).toEqual(new Uint8Array([255, 254]))
  })
})

it('gives bytes that are its own', () => {
  const pickle = bytes('C\x03abc.')
  const value = readPickle(pickle)
  pickle.fill(0)
  expect(value).toEqual(new Uint8Array([97, 98, 99]))
})
