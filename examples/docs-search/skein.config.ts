import { defineConfig } from 'skein'

export default defineConfig({
  userAgent: 'skein-docs-search-example',
  concurrency: 8,
  feeds: [{ uri: 'docs.jsonl', overwrite: true }],
})
