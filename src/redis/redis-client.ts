// What is used of the client, by name: bundled, its CommonJS would have a default export only. Imported with the first connection.
export { createClient, ErrorReply } from '@redis/client'
