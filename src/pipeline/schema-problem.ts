import type { SchemaIssue } from '../item/standard-schema.ts'

/** Things that are wrong beyond this many are counted, not listed: a page of rubbish must not fill the log. */
const MAX_LISTED = 5
/** Characters of a message or a path. Some schemas quote the value. */
const MAX_TEXT = 200

/** What a schema found wrong, in one line: `price: expected number, received string; tags.0: …; and 3 more`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  const listed = issues.slice(0, MAX_LISTED).map((issue) => {
    const path = pathOf(issue).join('.')
    const message = shorten(oneLine(String(issue.message)))
    return path === '' ? message : `${shorten(path)}: ${message}`
  })
  if (issues.length > MAX_LISTED) listed.push(`and ${issues.length - MAX_LISTED} more`)
  return listed.join('; ')
}

/** The fields of the item that something is wrong with, each once; `(item)` for the item itself. Not deeper: indices have no end. */
export function fieldsOf(issues: readonly SchemaIssue[]): Set<string> {
  return new Set(issues.map((issue) => pathOf(issue)[0] ?? '(item)'))
}

function pathOf({ path = [] }: SchemaIssue): string[] {
  return path.map((step) => String(typeof step === 'object' ? step.key : step))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text
}
