// Does with a hall what Home Assistant does, by the rules of its documentation ("MQTT Discovery", "MQTT sensor"):
// discovers entities from retained configurations, follows their availability and state, and tells each change.
// No package on npm consumes discovery (all found publish), so the rules are ours to follow; MQTT.js connects and
// nunjucks renders the Jinja templates.
import { connectAsync } from 'mqtt';
import nunjucks from 'nunjucks';
import { options, say } from './settings.js';

const PREFIX = process.argv[2] ?? 'homeassistant';
const CONFIG = new RegExp(`^${PREFIX}/(\\w+)/(?:([a-zA-Z0-9_-]+)/)?([a-zA-Z0-9_-]+)/config$`);
const SHORT = {
  avty: 'availability', avty_mode: 'availability_mode', avty_t: 'availability_topic', avty_tpl: 'availability_template',
  cmps: 'components', cmd_t: 'command_topic', cns: 'connections', dev: 'device', dev_cla: 'device_class',
  exp_aft: 'expire_after', ids: 'identifiers', mdl: 'model', mf: 'manufacturer', o: 'origin', ops: 'options',
  p: 'platform', pl_avail: 'payload_available', pl_not_avail: 'payload_not_available', pl_off: 'payload_off',
  pl_on: 'payload_on', sa: 'suggested_area', sn: 'serial_number', stat_cla: 'state_class', stat_t: 'state_topic',
  sw: 'sw_version', t: 'topic', uniq_id: 'unique_id', unit_of_meas: 'unit_of_measurement', val_tpl: 'value_template',
};
const DEVICE = ['configuration_url', 'connections', 'hw_version', 'identifiers', 'manufacturer', 'model', 'model_id',
  'name', 'serial_number', 'suggested_area', 'sw_version', 'via_device'];
// By device class, the units a sensor may have: of those a hall has something to do with.
const UNITS = {
  temperature: ['°C', '°F', 'K'], humidity: ['%'], battery: ['%'], carbon_dioxide: ['ppm'], carbon_monoxide: ['ppm'],
  voltage: ['V', 'mV', 'kV'], current: ['A', 'mA'], frequency: ['Hz', 'kHz', 'MHz', 'GHz'],
  power: ['W', 'kW', 'MW', 'mW'], duration: ['d', 'h', 'min', 's', 'ms'], illuminance: ['lx'],
  sound_pressure: ['dB', 'dBA'],
};
const SHARED = ['availability', 'availability_mode', 'availability_topic', 'command_topic', 'encoding', 'qos',
  'state_topic'];
const UNKNOWN = 'unknown'; // the state of an entity that has heard nothing
const NEEDS = { sensor: ['state_topic'], binary_sensor: ['state_topic'], button: ['command_topic'] };

// Jinja writes what Python does: True, False, None.
const write = nunjucks.runtime.suppressValue;
nunjucks.runtime.suppressValue = (value, escape) =>
  value === true ? 'True' : value === false ? 'False' : value === null ? 'None' : write(value, escape);
const templates = new nunjucks.Environment(null, { autoescape: false });
const entities = new Map(); // unique_id -> entity
const followers = new Map(); // topic -> functions of a payload

const client = await connectAsync(options);
client.on('error', (error) => say({ error: error.message }));
client.on('message', (topic, payload) => {
  const text = payload.toString();
  if (topic.endsWith('/config')) discover(topic, text);
  for (const follow of followers.get(topic) ?? []) follow(text);
});
for (const filter of [`${PREFIX}/+/+/config`, `${PREFIX}/+/+/+/config`]) await client.subscribeAsync(filter, { qos: 1 });
await client.publishAsync(`${PREFIX}/status`, 'online', { qos: 1 });
say({ connected: true });

function discover(topic, text) {
  const found = CONFIG.exec(topic);
  if (!found) return problem(topic, 'its ids may hold letters, digits, _ and - only');
  for (const [id, entity] of entities) if (entity.config === topic) forget(id, entity);
  if (!text) return;
  let payload;
  try {
    payload = spell(JSON.parse(text));
  } catch (error) {
    return problem(topic, error.message);
  }
  if (found[1] !== 'device') return add(topic, found[1], payload);
  if (!payload.origin?.name) return problem(topic, 'a device needs origin.name');
  if (!payload.components) return problem(topic, 'a device needs components');
  const shared = Object.fromEntries(Object.entries(payload).filter(([key]) => SHARED.includes(key)));
  for (const [key, component] of Object.entries(payload.components)) {
    const { platform, ...own } = component;
    if (!platform) problem(topic, `${key} needs a platform`);
    else if (Object.keys(own).length) add(topic, platform, { device: payload.device, ...shared, ...own });
  }
}

// Abbreviations are written out (the names of components are names), and `~` at either end of a topic is the base.
function spell(value, base, named = false) {
  if (Array.isArray(value)) return value.map((one) => spell(one, base));
  if (typeof value !== 'object' || value === null) return value;
  const root = value['~'] ?? base;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => {
    const name = named ? key : SHORT[key] ?? key;
    const isTopic = !named && (name === 'topic' || name.endsWith('_topic'));
    return [name, isTopic && root ? String(own).replace(/^~|~$/g, root) : spell(own, root, name === 'components')];
  }));
}

function add(config, platform, entity) {
  const missing = ['unique_id', ...(NEEDS[platform] ?? [])].filter((key) => !entity[key]);
  if (!entity.device?.identifiers?.length && !entity.device?.connections?.length) missing.push('device.identifiers');
  if (missing.length) return problem(config, `${platform} needs ${missing.join(', ')}`);
  if (entities.has(entity.unique_id)) return problem(config, `${entity.unique_id} is there already`);
  for (const fault of faults(platform, entity)) problem(config, `${entity.unique_id}: ${fault}`);
  Object.assign(entity, { config, platform, state: null, votes: new Map(), follows: [] });
  entities.set(entity.unique_id, entity);
  const sources = availabilities(entity);
  entity.mode = entity.availability_mode ?? 'latest';
  entity.available = sources.length === 0;
  for (const source of sources) follow(entity, source.topic, (text) => hearAvailability(entity, source, sources, text));
  if (entity.state_topic) follow(entity, entity.state_topic, (text) => hearState(entity, text));
  tell(entity);
}

// What Home Assistant refuses a whole configuration for, or logs as an error.
function* faults(platform, { device, device_class, unit_of_measurement: unit, options, state_class }) {
  for (const key of Object.keys(device)) if (!DEVICE.includes(key)) yield `device.${key} is unknown`;
  if (platform !== 'sensor') return;
  if (options && device_class !== 'enum') yield 'options are for the device class enum';
  if (options && (state_class || unit)) yield 'an enum has no unit and no state class';
  if (UNITS[device_class] && !UNITS[device_class].includes(unit)) yield `${unit} is no unit of ${device_class}`;
}

function availabilities({ availability, availability_topic, availability_template, ...rest }) {
  if (availability_topic) return [{ ...rest, topic: availability_topic, value_template: availability_template }];
  return availability ?? [];
}

function follow(entity, topic, hear) {
  entity.follows.push([topic, hear]);
  if (!followers.has(topic)) followers.set(topic, []);
  followers.get(topic).push(hear);
  client.subscribe(topic, { qos: Number(entity.qos ?? 0) }); // each anew: what is retained comes to each
}

function forget(id, entity) {
  entities.delete(id);
  for (const [topic, hear] of entity.follows) followers.set(topic, followers.get(topic).filter((one) => one !== hear));
  say({ entity: id, removed: true });
}

function render(entity, template, text) {
  if (!template) return text;
  let value_json;
  try {
    value_json = JSON.parse(text);
  } catch {
    value_json = undefined;
  }
  return templates.renderString(template, { value: text, value_json, this: { state: entity.state ?? UNKNOWN } });
}

function hearAvailability(entity, source, sources, text) {
  const word = render(entity, source.value_template, text);
  const yes = source.payload_available ?? 'online';
  const no = source.payload_not_available ?? 'offline';
  if (word !== yes && word !== no) return problem(entity.config, `availability ${JSON.stringify(word)}`);
  entity.votes.set(source.topic, word === yes);
  const votes = [...entity.votes.values()];
  if (entity.mode === 'all') entity.available = votes.length === sources.length && votes.every(Boolean);
  else if (entity.mode === 'any') entity.available = votes.some(Boolean);
  else entity.available = word === yes;
  tell(entity);
}

function hearState(entity, text) {
  const word = render(entity, entity.value_template, text);
  if (word === '') return; // Home Assistant ignores an empty state
  const wrong = (why) => problem(entity.config, `${entity.unique_id}: ${JSON.stringify(word)} ${why}`);
  if (entity.platform === 'binary_sensor') {
    const states = { [entity.payload_on ?? 'ON']: 'on', [entity.payload_off ?? 'OFF']: 'off', None: null };
    if (!(word in states)) return wrong('is neither on nor off');
    entity.state = states[word];
  } else if (word === 'None' || word === UNKNOWN) {
    entity.state = null;
  } else if ((entity.unit_of_measurement || entity.state_class) && !Number.isFinite(Number(word))) {
    return wrong('is no number');
  } else if (entity.options && !entity.options.includes(word)) {
    return wrong('is none of its options');
  } else {
    entity.state = word;
  }
  tell(entity);
}

function tell({ unique_id, device, name, platform, state, available, unit_of_measurement }) {
  say({ entity: unique_id, device: device.identifiers?.[0] ?? null, name: name ?? null, platform, state, available,
    unit: unit_of_measurement ?? null });
}

function problem(where, what) {
  say({ problem: `${where}: ${what}` });
}
