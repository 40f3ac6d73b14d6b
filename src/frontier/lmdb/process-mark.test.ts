import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { isOver, ownMark } from './process-mark.ts'

const own = ownMark()

it('this process is not over', () => {
  expect(isOver(own, own)).toBe(false)
})

it('a process is over when it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  const mark = { ...own, pid: child.pid!, started: '' }
  expect(isOver(mark, own)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isOver(mark, own)).toBe(true)
})

it('all of before the machine was started anew are over, whoever has their number now', () => {
  expect(isOver({ ...own, boot: 'another' }, own)).toBe(true)
})

it.runIf(process.platform === 'linux')('a number that was given again is another process', () => {
  expect(own.started).toMatch(/^\d+$/)
  expect(isOver({ ...own, started: '1' }, own)).toBe(true)
})

it('nothing is known of another machine, nor of what counts its processes on its own', () => {
  expect(isOver({ ...own, host: 'another', boot: 'another', pid: 2 ** 30 }, own)).toBe(false)
  expect(isOver({ ...own, space: 'pid:[1]', pid: 2 ** 30 }, own)).toBe(false)
})
