import './leaving.ts';

// The first process of a container is not ended by a signal that it does not listen to.
const leave = () => process.exit(143);
process.on('SIGTERM', leave);
/** From now on somebody else listens. */
export const started = () => void process.off('SIGTERM', leave);

// Imported before all else by a process that serves: what keeps it from starting is said in a sentence, a defect with all it knows.
process.on('uncaughtException', (error: NodeJS.ErrnoException & { port?: number }) => {
  if (error.name === 'SettingsError') process.stderr.write(`${error.message}\n`);
  else if (error.code === 'EADDRINUSE') process.stderr.write(`Port ${error.port} is taken: choose another with PORT.\n`);
  else process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
