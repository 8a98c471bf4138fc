// What the runner tells a peer, by environment, and how a peer answers: one JSON document a line.
const env = process.env;

export const settings = {
  host: env.PEER_HOST,
  port: Number(env.PEER_PORT),
  user: env.PEER_USER,
  password: env.PEER_PASSWORD,
  site: env.PEER_SITE,
  version: env.PEER_VERSION,
};

export const options = {
  host: settings.host,
  port: settings.port,
  protocol: 'mqtt',
  protocolVersion: settings.version === '5' ? 5 : 4,
  clientId: settings.user,
  username: settings.user,
  password: settings.password,
  keepalive: 10,
  reconnectPeriod: 0, // a peer that is thrown out says so and ends
};

export function say(document) {
  console.log(JSON.stringify(document));
}
