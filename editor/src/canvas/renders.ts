/** Counts what is rendered, for the checks that hold it down. */
export const counter = { cards: 0, wires: 0 };
