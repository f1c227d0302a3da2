/** Names the checkout that this program runs from: where its own files lie, and `.drawloom` unless it is put elsewhere. */
import path from 'node:path';

export const checkout = path.resolve(import.meta.dirname, '../..');
