// Echoes what it gets, on the port that it is told (0: any), which it tells.
import { createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => void socket.on('error', () => {}).pipe(socket));
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 1024 }, () => console.log(`port ${server.address().port}`));
