/** Decides how the place is read at which a list that is numbered goes on: a mistake of the asker's, never a stumble of the database. */
import { Refusal } from './refusal.ts';

export function placeIn(after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new Refusal(400, 'invalid_query', 'This is no place in the list. Take `next` from the page before.', {
    at: '/after',
  });
}
