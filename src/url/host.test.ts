import { describe, expect, it } from 'vitest'
import { domainOf, hostOf, originOf } from './host.ts'

describe('hostOf', () => {
  it.each([
    ['http://example.com', 'example.com'],
    ['HTTP://Example.COM:80/a@b:c', 'example.com'],
    ['http://user:pa:ss@h:8080/', 'h'],
    ['http://u@v@h?x@y', 'h'],
    ['http://h#a@b', 'h'],
    ['http://[2001:DB8::1]:80/', '2001:db8::1'],
    ['http://u:[@[::1]/', '::1'],
    ['http://ΣΑ.gr/', 'σα.gr'],
    ['ftp://h:21', 'h'],
    ['http:///a', ''],
    ['http://', ''],
    ['http://[::1', ''],
    ['mailto:a@b', ''],
    ['/a//b', ''],
    ['', ''],
  ])('of %j', (url, expected) => expect(hostOf(url)).toBe(expected))
})

describe('originOf', () => {
  it.each([
    ['HTTPS://u:p@Example.com:443/a', 'https://example.com'],
    ['http://h:443/', 'http://h:443'],
    ['http://h:0080/', 'http://h'],
    ['http://h:/', 'http://h'],
    ['http://[::1]:80/', 'http://[::1]'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['http://h?a:1', 'http://h'],
    ['file:///a', ''],
    ['data:,a', ''],
  ])('of %j', (url, expected) => expect(originOf(url)).toBe(expected))
})

describe('domainOf', () => {
  it.each([
    ['https://a.shop.example.co.uk:8443/', 'example.co.uk'],
    ['http://a.github.io/', 'github.io'],
    ['http://xn--bcher-kva.example.com/', 'example.com'],
    ['http://localhost/', 'localhost'],
    ['http://1.2.3.4/', '1.2.3.4'],
    ['http://[::1]/', '::1'],
    ['http://co.uk/', 'co.uk'],
    ['mailto:a@b', ''],
  ])('of %j', (url, expected) => expect(domainOf(url)).toBe(expected))
})
