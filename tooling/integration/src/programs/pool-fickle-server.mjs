// Echoes requests of 16 bytes, and ends each connection whenever it likes while nothing is under way on it: by a FIN, by an RST, or by a byte that nobody asked
// for and an RST behind it. It tells its port; when it is told to stop, how often it did which.
import { createServer } from 'node:net';

const SIZE = 16;
const ended = { fin: 0, reset: 0, byte: 0 };

// Small numbers by chance, the same in every run.
let state = 4711;
const choose = (below) => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 16) % below;
};

// Alone it would end the stream first, and a peer that is quick would see a clean end.
function reset(socket) {
  if (socket.destroyed) return;
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}

function end(socket) {
  const how = Object.keys(ended)[choose(3)];
  ended[how] += 1;
  if (how === 'fin') socket.end();
  else if (how === 'reset') reset(socket);
  else socket.write('!', () => setTimeout(reset, 5, socket));
}

const server = createServer({ noDelay: true }, (socket) => {
  // The last request, after which it ends at once or soon; and how long it is idle before.
  let left = 1 + choose(200);
  let timer;
  let over = false;
  const finish = () => {
    over = true;
    end(socket);
  };
  socket.on('error', () => {});
  socket.on('close', () => clearTimeout(timer));
  socket.on('data', (chunk) => {
    clearTimeout(timer);
    // It came too late: the end is on its way.
    if (over) return;
    socket.write(chunk);
    left -= chunk.length / SIZE;
    timer = setTimeout(finish, left <= 0 ? choose(4) : 60 + choose(140));
  });
});

server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
process.stdin.on('data', () => {
  console.log(`ended ${JSON.stringify(ended)}`);
  process.exit();
});
