export { connectLive, type LiveConnection, type LiveOptions } from './connect';
export * from './hooks';
export { ALARMS, CALLS, COMMANDS, ENTITIES, LiveStore, STATUS, TICKET, type LiveState } from './store';
