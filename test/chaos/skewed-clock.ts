// Loaded before the programs under test: their wall clock can be set wrong by a message, while timers and monotonic time go on as ever.
let skewMs = Number(process.env.SKEW_MS ?? 0);
const right = Date.now.bind(Date);

globalThis.Date = new Proxy(Date, {
  construct: (target, args, self) => Reflect.construct(target, args.length ? args : [right() + skewMs], self) as object,
  apply: (target) => new target(right() + skewMs).toString(),
});
Date.now = () => right() + skewMs;

process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message && 'skewMs' in message) skewMs = Number(message.skewMs);
});
// Listening must not keep the program alive.
process.channel?.unref();
