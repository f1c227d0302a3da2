/** `npm run db:routines`: numbers the routines as they stand. */
import { sealRoutines } from './routines.ts';

console.log(`Routines are at revision ${sealRoutines().revision}.`);
