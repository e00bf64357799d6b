import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Imported before all else by every program: collects garbage as the last thing before an exit, whoever asked for it. V8 still compiles some of
// what was just loaded in threads beside; when one of them waits for a collection at that moment, Node 24 waits for the thread, and both for
// ever (nodejs/node#54918; 6 of 108 short runs on a busy machine). After a collection the threads have room enough.
process.on('exit', () => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
});
