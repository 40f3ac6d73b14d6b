import { booleanExpression, type Compiled, numberExpression } from '../compiled.ts'
import { stringToNumber } from '../numbers.ts'
import { stringValue } from '../string-value.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'

/** XPath 1.0 §4.3 and §4.4, without what looks at nodes. */
export const numberFunctions: FunctionTable = functionTable({
  boolean: { min: 1, max: 1, compile: ({ args, focus }) => booleanExpression(args[0]!.boolean, focus) },
  not: {
    min: 1,
    max: 1,
    compile({ args, focus }) {
      const { boolean } = args[0]!
      return booleanExpression((node, position, size, frame) => !boolean(node, position, size, frame), focus)
    },
  },
  true: { min: 0, max: 0, compile: () => booleanExpression(() => true, false) },
  false: { min: 0, max: 0, compile: () => booleanExpression(() => false, false) },
  number: {
    min: 0,
    max: 1,
    compile({ args, focus }) {
      if (args.length === 0) return numberExpression((node) => stringToNumber(stringValue(node)), false)
      return numberExpression(args[0]!.number, focus)
    },
  },
  floor: { min: 1, max: 1, compile: (call) => map(call, Math.floor) },
  ceiling: { min: 1, max: 1, compile: (call) => map(call, Math.ceil) },
  // half up, and -0.5 to negative zero: what Math.round does is what XPath asks for
  round: { min: 1, max: 1, compile: (call) => map(call, Math.round) },
})

function map({ args, focus }: Call, change: (value: number) => number): Compiled {
  const { number } = args[0]!
  return numberExpression((node, position, size, frame) => change(number(node, position, size, frame)), focus)
}
