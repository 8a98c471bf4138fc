// An edge node with one device behind it, by Cirrus Link's sparkplug-client: births, data, and commands obeyed.
import sparkplug from 'sparkplug-client';
import { say, settings } from './settings.js';

const [group, edge, device] = process.argv.slice(2);
const values = { temperature: 22.75, humidity: 41.5 };

const client = sparkplug.newClient({
  serverUrl: `tcp://${settings.host}:${settings.port}`,
  username: settings.user,
  password: settings.password,
  groupId: group,
  edgeNode: edge,
  clientId: settings.user,
  version: 'spBv1.0',
});

const metrics = () => Object.entries(values).map(([name, value]) => ({ name, value, type: 'Double' }));
const payload = (list) => ({ timestamp: Date.now(), metrics: list });

client.on('birth', () => {
  client.publishNodeBirth(payload([{ name: 'Node Control/Rebirth', value: false, type: 'Boolean' }]));
  client.publishDeviceBirth(device, payload(metrics()));
  say({ born: true });
});
client.on('ncmd', ({ metrics: asked }) => {
  if (asked.some((one) => one.name === 'Node Control/Rebirth' && one.value)) client.emit('birth');
});
client.on('error', (error) => say({ error: error.message }));
process.stdin.on('data', () => { // the runner's word: the air gets warmer
  values.temperature += 1;
  client.publishDeviceData(device, payload([{ name: 'temperature', value: values.temperature, type: 'Double' }]));
  say({ temperature: values.temperature });
});
