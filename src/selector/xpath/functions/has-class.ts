import { booleanExpression } from '../compiled.ts'
import type { XPathFunction } from './function.ts'

const classSpace = /[\t\n\r\f]/

/**
 * `has-class("a", "b")` of parsel: whether the `class` of the context element lists all of these. White space is that of HTML. A name
 * with a space in it matches neighbours in that order.
 */
export const hasClass: XPathFunction = {
  min: 1,
  max: Number.POSITIVE_INFINITY,
  compile(call) {
    const { args } = call
    const notText = args.findIndex(({ type }) => type !== 'string' && type !== 'any')
    if (notText >= 0) throw call.fail('has-class() takes strings', notText)
    return booleanExpression((node, position, size, frame) => {
      if (node.type !== 'tag') return false
      const classes = node.attribs['class']
      if (classes === undefined) return false
      const list = normalized(classes)
      for (const arg of args) if (!list.includes(` ${arg.string(node, position, size, frame)} `)) return false
      return true
    }, call.focus)
  },
}

function normalized(classes: string): string {
  const list = ` ${classes} `
  return classSpace.test(list) || list.includes('  ') ? list.replace(/[ \t\n\r\f]+/g, ' ') : list
}
