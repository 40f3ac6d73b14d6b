import { defineConfig, images } from 'skein'

export default defineConfig({
  userAgent: 'skein-books-example',
  delay: 0,
  concurrency: 16,
  pipelines: [images({ store: 'covers', thumbnails: { small: [40, 60] } })],
  feeds: [{ uri: 'books.jsonl', overwrite: true }],
})
