export * from './channel-block.js';
export type { Device } from './devices/device.js';
export { carriedName, emittedName, openLoop, type UnrolledLoop } from './devices/device-loop.js';
export { type DeviceStatus, inspectDevice, requireDevice } from './devices/inspect-device.js';
export { helperSeconds, openElastic, type Threads } from './elastic.js';
export * from './feeds.js';
export * from './model.js';
export * from './program.js';
export {
  type ModelInput,
  type ModelOutput,
  openSession,
  profileSessions,
  type Session,
  type SessionOptions,
} from './session.js';
