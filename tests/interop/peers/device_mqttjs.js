// A controlled door by MQTT.js: describes itself, is there, reports, and obeys lock and unlock as the convention asks.
import { connectAsync } from 'mqtt';
import { options, say, settings } from './settings.js';

const { site, user } = settings;
const topic = (rest) => `ht/v1/${site}/${user}/${rest}`;
const boot = Date.now();
const presence = (online) => JSON.stringify({ online, boot, ts: Date.now() });
const seen = new Set();
let seq = 0;
let lock = 'locked';

const client = await connectAsync({
  ...options,
  will: { topic: topic('state'), payload: presence(false), qos: 1, retain: true },
});
client.on('error', (error) => say({ error: error.message }));
client.on('message', (name, payload, packet) => obey(name.split('/').at(-1), JSON.parse(payload), packet));
await client.subscribeAsync(topic('cmd/+'), { qos: 1 });
await publish('desc', { kind: 'door', model: 'MQTT.js', firmware: '5', points: ['lock_state', 'position'],
  commands: ['lock', 'unlock'], buffer: 0, schema: 1 }, true);
await client.publishAsync(topic('state'), presence(true), { qos: 1, retain: true });
await report();
say({ connected: true });

async function publish(rest, body, retain = false) {
  await client.publishAsync(topic(rest), JSON.stringify(body), { qos: 1, retain });
}

async function report() {
  await publish('tele', { ts: Date.now(), seq: ++seq, boot, v: { lock_state: lock, position: 'closed' } });
}

async function obey(name, { id, exp }, { retain }) {
  if (name === 'rebirth') return report();
  const answer = (status, detail = '') => publish(`ack/${id}`, { ts: Date.now(), status, detail });
  if (retain || Date.now() > exp || seen.has(id)) return answer('refused', 'retained, expired or seen before');
  seen.add(id);
  await answer('accepted');
  lock = `${name}ed`;
  await report();
  await answer('done');
  say({ obeyed: name });
}
