/** Disks that are full. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { fault } from './faults.ts';
import type { House } from './house.ts';

/** Only root may mount; a run as somebody else says that these are left out. */
const mayMount = process.getuid?.() === 0;

/** Gives a folder of the house a small disk of its own. */
function small(house: House, folder: string): string {
  const place = path.join(house.home, folder);
  mkdirSync(place, { recursive: true, mode: 0o711 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=0711', 'drawloom-faults', place]);
  house.atEnd(() => execFileSync('umount', ['--lazy', place]));
  return place;
}

/** Leaves no byte free. */
function fill(place: string): string {
  const file = path.join(place, 'filler');
  for (let block = 1 << 20; block >= 1; block >>= 2)
    try {
      while (statfsSync(place).bavail > 0) writeFileSync(file, Buffer.alloc(block), { flag: 'a' });
    } catch {
      // no room for a block of this size; a smaller one may fit
    }
  return file;
}

for (const folder of mayMount ? ['artifacts', 'logs', 'attempts'] : [])
  fault(
    `a full disk under ${folder} fails what needs it, says so, and is over when there is room`,
    { short: 1, full: 5 },
    async (house, times) => {
      const place = small(house, folder);
      const worker = await house.hire();
      for (let round = 0; round < times; round++) {
        await house.start();
        await house.over();
        const filler = fill(place);
        const failing = await house.start();
        await house.over();
        house.forget(failing);
        const failed = await house.sql`
        select a.reason, a.error ->> 'message' as message from drawloom.attempt a
        where run_id = ${failing} and reason <> 'ok'`;
        expect(failed.length).toBeGreaterThan(0);
        for (const one of failed)
          expect(one).toEqual({ reason: 'disk_full', message: expect.stringMatching(/no room/) });
        await rm(filler);
      }
      await house.start();
      await house.over();
      expect(house.workers()).toEqual([worker]);
    },
  );
