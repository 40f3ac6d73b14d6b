/**
 * Makes objects without inherited properties: `attribs['constructor']` is undefined on them. Objects of a class with an empty prototype
 * keep V8's fast layout, which those of `Object.create(null)` lose: 3 times the time and twice the heap per element.
 */
const Attributes = function Attributes() {} as unknown as new () => Record<string, string>
Attributes.prototype = Object.freeze(Object.create(null))

/** The attributes of every element that has none. */
export const noAttributes: Record<string, string> = Object.freeze(new Attributes())

/** An empty set of attributes to fill. */
export function newAttributes(): Record<string, string> {
  return new Attributes()
}
