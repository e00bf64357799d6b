import './leaving.ts';

// Imported before all else by a process that serves: what keeps it from starting is said in a sentence, a defect with all it knows.
process.on('uncaughtException', (error: NodeJS.ErrnoException & { port?: number }) => {
  if (error.name === 'SettingsError') process.stderr.write(`${error.message}\n`);
  else if (error.code === 'EADDRINUSE') process.stderr.write(`Port ${error.port} is taken: choose another with PORT.\n`);
  else process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
