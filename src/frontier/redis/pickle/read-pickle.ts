import { shapeProblem } from './check-shape.ts'
import { pickleError, unsafePickle } from './pickle-error.ts'
import { PickleInput } from './pickle-input.ts'
import { PickleStack } from './pickle-stack.ts'
import type { PickleValue } from './pickle-value.ts'
import { bytesToInteger, parseFloatText, parseInteger } from './python-numbers.ts'
import { decodePythonString, decodePythonUtf8, decodeRawUnicode } from './python-text.ts'

const HIGHEST_PROTOCOL = 5
/** Bytes and instructions of a pickle. A request has some hundreds of each; an instruction of one byte may make a dict of 200. */
const MAX_SIZE = 16 * 1024 * 1024
const MAX_INSTRUCTIONS = 250_000
/** A part that stands in a pickle twice is written twice by whoever makes JSON of it; this much more than its size is no attack. */
const SLACK = 1_000_000

/** Instructions that look something up, construct it, or call it. */
const UNSAFE: ReadonlyMap<number, string> = new Map([
  [0x63, 'GLOBAL'],
  [0x93, 'STACK_GLOBAL'],
  [0x69, 'INST'],
  [0x6f, 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x52, 'REDUCE'],
  [0x62, 'BUILD'],
  [0x50, 'PERSID'],
  [0x51, 'BINPERSID'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
])

/**
 * Reads what Python's `pickle.dumps()` wrote of plain data, in protocols 0 to 5. Nothing in a pickle can make this look up, construct or call
 * anything, take more than some 50 MB beside its own size, or run for long.
 *
 * Throws `ERR_PICKLE_UNSAFE` for an instruction that would make Python look something up or call it, and `ERR_PICKLE` for bytes that are no
 * whole pickle, or one that nobody should walk over: deeper than 200 levels, containing itself, far larger written out than it is, more than
 * 16 MiB or 250,000 instructions. Never anything else.
 *
 * @example
 * readPickle(Buffer.from('gAR9lIwDdXJslIwLaHR0cDovL2EuYi+Ucy4=', 'base64')) // Map { 'url' => 'http://a.b/' }
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  if (bytes.length > MAX_SIZE) throw pickleError(`it has ${bytes.length} bytes, and ${MAX_SIZE} is the most that is read`, 0)
  const input = new PickleInput(bytes)
  const stack = new PickleStack(input)
  for (let instructions = 1; ; instructions++) {
    const at = input.at
    if (instructions > MAX_INSTRUCTIONS) throw pickleError(`it has more than ${MAX_INSTRUCTIONS} instructions`, at)
    const opcode = input.byte()
    if (opcode === STOP) break
    if (!readValue(opcode, input, stack) && !build(opcode, input, stack)) refuse(opcode, at, input, stack)
  }
  if (input.has(1)) throw pickleError('there is more behind its end', input.at)
  const value = stack.result()
  const problem = shapeProblem(value, 4 * bytes.length + SLACK)
  if (problem !== undefined) throw pickleError(problem, input.at)
  return value
}

const STOP = 0x2e

/** Instructions that put a value of their own on the stack. False: this is none. */
function readValue(opcode: number, input: PickleInput, stack: PickleStack): boolean {
  switch (opcode) {
    case 0x4e: // NONE
      stack.push(null)
      return true
    case 0x88: // NEWTRUE
      stack.push(true)
      return true
    case 0x89: // NEWFALSE
      stack.push(false)
      return true
    case 0x49: // INT
      stack.push(readInt(input))
      return true
    case 0x4c: // LONG
      stack.push(checked(parseInteger(input.line().replace(/L$/, '')), 'an integer that cannot be read', input))
      return true
    case 0x4a: // BININT
      stack.push(input.int32())
      return true
    case 0x4b: // BININT1
      stack.push(input.byte())
      return true
    case 0x4d: // BININT2
      stack.push(input.uint(2))
      return true
    case 0x8a: // LONG1
      stack.push(readLong(input, 1))
      return true
    case 0x8b: // LONG4
      stack.push(readLong(input, 4))
      return true
    case 0x46: // FLOAT
      stack.push(checked(parseFloatText(input.line()), 'a float that cannot be read', input))
      return true
    case 0x47: // BINFLOAT
      stack.push(input.double())
      return true
    case 0x53: // STRING
      stack.push(
        pythonTwoText(Buffer.from(checked(decodePythonString(input.line()), 'a str that cannot be read', input), 'latin1')),
      )
      return true
    case 0x54: // BINSTRING
      stack.push(pythonTwoText(input.take(input.size(4))))
      return true
    case 0x55: // SHORT_BINSTRING
      stack.push(pythonTwoText(input.take(input.size(1))))
      return true
    case 0x56: // UNICODE
      stack.push(checked(decodeRawUnicode(input.line()), 'a character that does not exist', input))
      return true
    case 0x8c: // SHORT_BINUNICODE
      stack.push(readText(input, 1))
      return true
    case 0x58: // BINUNICODE
      stack.push(readText(input, 4))
      return true
    case 0x8d: // BINUNICODE8
      stack.push(readText(input, 8))
      return true
    case 0x43: // SHORT_BINBYTES
      stack.push(readBytes(input, 1))
      return true
    case 0x42: // BINBYTES
      stack.push(readBytes(input, 4))
      return true
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      stack.push(readBytes(input, 8))
      return true
    case 0x5d: // EMPTY_LIST
    case 0x29: // EMPTY_TUPLE
      stack.push([])
      return true
    case 0x7d: // EMPTY_DICT
      stack.push(new Map())
      return true
    case 0x8f: // EMPTY_SET
      stack.push(new Set())
      return true
    default:
      return false
  }
}

/** Instructions that make something of what is on the stack, or of the memo. False: this is none. */
function build(opcode: number, input: PickleInput, stack: PickleStack): boolean {
  switch (opcode) {
    case 0x80: {
      // PROTO
      const protocol = input.byte()
      if (protocol > HIGHEST_PROTOCOL)
        throw pickleError(`it is of protocol ${protocol}, and ${HIGHEST_PROTOCOL} is the highest known`, input.at)
      return true
    }
    case 0x95: {
      // FRAME
      const size = input.size(8)
      if (!input.has(size)) throw pickleError('a frame of it is cut off', input.at)
      return true
    }
    case 0x28: // MARK
      stack.mark()
      return true
    case 0x30: // POP
      stack.drop()
      return true
    case 0x31: // POP_MARK
      stack.sinceMark()
      return true
    case 0x32: // DUP
      stack.push(stack.top())
      return true
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
      stack.push(stack.take(opcode - 0x84))
      return true
    case 0x74: // TUPLE
    case 0x6c: // LIST
      stack.push(stack.sinceMark())
      return true
    case 0x64: {
      // DICT
      const items = stack.sinceMark()
      stack.push(new Map())
      stack.setItems(items)
      return true
    }
    case 0x91: // FROZENSET
      stack.push(new Set(stack.sinceMark()))
      return true
    case 0x61: // APPEND
      stack.append(stack.take(1))
      return true
    case 0x65: // APPENDS
      stack.append(stack.sinceMark())
      return true
    case 0x73: // SETITEM
      stack.setItems(stack.take(2))
      return true
    case 0x75: // SETITEMS
      stack.setItems(stack.sinceMark())
      return true
    case 0x90: // ADDITEMS
      stack.addItems(stack.sinceMark())
      return true
    case 0x70: // PUT
      stack.keep(memoPlace(input))
      return true
    case 0x71: // BINPUT
      stack.keep(input.byte())
      return true
    case 0x72: // LONG_BINPUT
      stack.keep(input.uint(4))
      return true
    case 0x94: // MEMOIZE
      stack.keep(stack.kept)
      return true
    case 0x67: // GET
      stack.recall(memoPlace(input))
      return true
    case 0x68: // BINGET
      stack.recall(input.byte())
      return true
    case 0x6a: // LONG_BINGET
      stack.recall(input.uint(4))
      return true
    default:
      return false
  }
}

function refuse(opcode: number, at: number, input: PickleInput, stack: PickleStack): never {
  const name = UNSAFE.get(opcode)
  if (name === undefined) throw pickleError(`it has the unknown instruction 0x${opcode.toString(16).padStart(2, '0')}`, at)
  throw unsafePickle(name, nameOf(opcode, input, stack), at)
}

/** What an instruction that looks something up would look up: most often a `datetime` or an item in `meta`, and worth naming. */
function nameOf(opcode: number, input: PickleInput, stack: PickleStack): string {
  try {
    const names = opcode === 0x63 || opcode === 0x69 ? [input.line(), input.line()] : opcode === 0x93 ? stack.take(2) : []
    return names.every((name) => typeof name === 'string' && /^[\w.<>]{1,80}$/.test(name)) ? names.join('.') : ''
  } catch {
    return ''
  }
}

function readInt(input: PickleInput): PickleValue {
  const line = input.line()
  // protocols 0 and 1 write True and False so
  if (line === '01') return true
  if (line === '00') return false
  return checked(parseInteger(line), 'an integer that cannot be read', input)
}

function readLong(input: PickleInput, size: number): PickleValue {
  return checked(bytesToInteger(input.take(input.size(size))), 'an integer of too many digits', input)
}

function memoPlace(input: PickleInput): number {
  const line = input.line()
  if (!/^\d{1,10}$/.test(line)) throw pickleError('it has no number where one belongs', input.at)
  return Number(line)
}

function readText(input: PickleInput, size: number): string {
  return checked(decodePythonUtf8(input.take(input.size(size))), 'text that is not UTF-8', input)
}

/** A copy: a view would keep the whole pickle alive, and change with it. */
function readBytes(input: PickleInput, size: number): Uint8Array {
  return new Uint8Array(input.take(input.size(size)))
}

function pythonTwoText(bytes: Buffer): PickleValue {
  return decodePythonUtf8(bytes) ?? new Uint8Array(bytes)
}

function checked<T>(value: T | undefined, problem: string, input: PickleInput): T {
  if (value === undefined) throw pickleError(`it has ${problem}`, input.at)
  return value
}
