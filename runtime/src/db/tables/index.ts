/** Names every table once, for the connection and for the migrations. */
export * from './artifacts.ts';
export * from './cache.ts';
export * from './events.ts';
export * from './meters.ts';
export * from './notifications.ts';
export * from './observations.ts';
export * from './people.ts';
export * from './pipelines.ts';
export * from './plans.ts';
export * from './pools.ts';
export * from './projects.ts';
export * from './queue.ts';
export * from './runs.ts';
export * from './schema.ts';
export * from './traces.ts';
export * from './triggers.ts';
export * from './uploads.ts';
