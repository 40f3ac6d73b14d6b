/** Rejects if the promise has not settled after `ms` milliseconds; what it comes to then is nobody's business any more. */
export function inTime<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1_000} s`)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
