/**
 * The key that a template stands for: `%(spider)s` and `%(name)s` in it are the name of the crawl, in braces on a Cluster, where what is in the first
 * braces of a key decides which node has it. Braces of the template's own win.
 *
 * @example
 * keyOfTemplate('%(spider)s:items', 'books', false) // 'books:items'
 * keyOfTemplate('%(spider)s:items', 'books', true) // '{books}:items'
 */
export function keyOfTemplate(template: string, name: string, cluster: boolean): string {
  return template.replaceAll(/%\((?:spider|name)\)s/g, cluster && !template.includes('{') ? `{${name}}` : name)
}
