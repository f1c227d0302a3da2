/** Decides what is looked after every second by every process: leases of dead workers, limits on time, approvals, triggers that fell due, news. */
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { lookForTraces } from '../observe/exportTraces.ts';
import { lookIntoOutbox } from '../outbox/deliver.ts';
import { endExpired } from '../record/approvals.ts';
import { endOverdue } from '../record/limits.ts';
import { reap } from '../record/workers.ts';
import { takeInAnswers } from '../triggers/answers.ts';
import { askSensors } from '../triggers/asking.ts';
import { decideFires } from '../triggers/deciding.ts';
import { fireNewData } from '../triggers/newData.ts';
import { noteDueSchedules } from '../triggers/noting.ts';
import type { Bell } from './bell.ts';

export interface ClockOptions {
  sql: Sql;
  bell: Bell;
  /** Where what comes out of an approval is kept, and what sensors answered; a process without it sees to neither. */
  store?: Pick<ArtifactStore, 'put' | 'open'>;
  /** Looks whether files that triggers wait for have changed; for a process that can read them. */
  files?: () => Promise<number>;
  everyMs?: number;
  onError?: (error: unknown, doing: string) => void;
}

export interface RunningClock {
  stop(): Promise<void>;
}

/**
 * A process that could not reach the database for longer than this does not judge others at once: they may have been cut off by
 * the very same thing, and get as long to beat again.
 */
const blindMs = 5000;
const soonMs = 100;
const filesEveryMs = 5000;

export function runClock({ sql, bell, store, files, everyMs = 1000, onError = () => {} }: ClockOptions): RunningClock {
  let stopped = false;
  let lastSight = performance.now();
  let judgeAgain = 0;
  let nextFiles = 0;
  let wake = () => {};
  let busy = false;
  const duty = async (doing: string, work: () => Promise<number>) => {
    try {
      if ((await work()) > 0) bell.ring('drawloom_ready');
      return true;
    } catch (error) {
      onError(error, doing);
      return false;
    }
  };
  const look = async () => {
    const now = performance.now();
    if (now - lastSight > everyMs + blindMs) judgeAgain = now + 2 * blindMs;
    let sight = true;
    if (now >= judgeAgain) sight = await duty('taking back what dead workers held', () => reap(sql));
    await duty('ending what took too long', () => endOverdue(sql));
    if (store) await duty('deciding approvals whose time is up', () => endExpired(sql, store));
    sight = (await duty('looking for schedules that fell due', () => noteDueSchedules(sql))) && sight;
    if (files && now >= nextFiles) {
      await duty('looking for files that changed', files);
      nextFiles = performance.now() + filesEveryMs;
    }
    await duty('looking for new data', () => fireNewData(sql));
    if (store) await duty('taking in what sensors answered', () => takeInAnswers(sql, store));
    await duty('asking sensors', () => askSensors(sql));
    await duty('deciding what triggers start', async () => {
      const changed = await decideFires(sql);
      busy = changed > 0;
      return changed;
    });
    if (sight) lastSight = performance.now();
    await duty('looking for news to send', () => lookIntoOutbox(sql));
    await duty('looking for traces to send', () => lookForTraces(sql));
  };
  const loop = (async () => {
    while (!stopped) {
      await look();
      await new Promise<void>((resolve) => {
        // Where something moved, more soon will: the next run of a set follows the one that ended.
        const wait = busy ? Math.min(everyMs, soonMs) : everyMs;
        const timer = setTimeout(resolve, wait * (0.9 + 0.2 * Math.random()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}
