// A broker that the hall finds in place (aedes, MQTT 3.1.1): users from a password file as mosquitto writes it.
// aedes_broker USERS: says its port as JSON once it listens; the file is read at every login.
import { Aedes } from 'aedes';
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const [users] = process.argv.slice(2);

function isRight(user, password) {
  const line = readFileSync(users, 'utf8').split('\n').find((one) => one.startsWith(`${user}:`));
  const [, seven, iterations, salt, hash] = (line ?? '').slice(user.length + 1).split('$');
  if (seven !== '7') return false;
  const wanted = Buffer.from(hash, 'base64');
  const made = pbkdf2Sync(password ?? '', Buffer.from(salt, 'base64'), Number(iterations), wanted.length, 'sha512');
  return timingSafeEqual(made, wanted);
}

// ht/v1/SITE/DEVICE/..: the hall alone commands, and a device speaks for itself alone.
function mayWrite(user, topic) {
  const [prefix, , , device, what] = topic.split('/');
  if (prefix !== 'ht') return !topic.startsWith('$');
  return what === 'cmd' ? user === 'hall' : user === device;
}

const broker = await Aedes.createBroker();
broker.authenticate = (client, user, password, done) => {
  client.user = user;
  done(null, user === client.id && isRight(user, password));
};
broker.authorizePublish = (client, packet, done) =>
  done(!client || mayWrite(client.user, packet.topic) ? null : new Error(`${client.user} may not: ${packet.topic}`));
broker.on('clientError', (client, error) => console.error(`${client?.id}: ${error.message}`));
broker.on('connectionError', (client, error) => console.error(`${client?.id}: ${error.message}`));

const server = createServer(broker.handle);
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
