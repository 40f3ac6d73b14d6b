import { defineConfig } from 'skein'

export default defineConfig({
  userAgent: 'skein-books-example',
  delay: 0,
  concurrency: 16,
})
