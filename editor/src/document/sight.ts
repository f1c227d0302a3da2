/**
 * What the open drawing knows beyond itself: the tables of its last good runs, what the server's DuckDB says of its queries, and which
 * tags workers ever had. Asked once for each question, a moment after the last keystroke; until an answer is there, nothing is said.
 */
import {
  type Answer,
  mostQuestions,
  type Question,
  type SeenTable,
  type Sight,
} from '@drawloom/shared/columns/flow.ts';
import { canonical } from '@drawloom/shared/json.ts';
import { call, routes } from '../api/call.ts';

const settleMs = 200;
const mostAnswers = 1000;

export class ColumnSight implements Sight {
  tables: readonly SeenTable[] = [];
  /** Null until they were asked for. */
  tags: readonly string[] | null = null;
  readonly #where: { id: string; project: string };
  readonly #news: () => void;
  readonly #answers = new Map<string, Answer>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #askingTags = false;
  #closed = false;

  /** `news` is called when more is known than before. */
  constructor(where: { id: string; project: string }, news: () => void) {
    this.#where = where;
    this.#news = news;
  }

  readonly answer = (question: Question): Answer | undefined => this.#answers.get(canonical(question));

  /** Looks what the last runs gave; called at the start and whenever one has ended. */
  async look(): Promise<void> {
    // Who may not see data, or whose line is down, goes on with what the drawing tells.
    const seen = await call(routes.listSeenTables, { params: { pipeline: this.#where.id } }).catch(() => null);
    if (!seen || this.#closed) return;
    this.tables = seen.tables;
    if (this.tags) void this.askTags();
    this.#news();
  }

  /** Asks for the tags of workers, for a drawing that needs some; asked again after a run, since workers come. */
  async askTags(): Promise<void> {
    if (this.#askingTags) return;
    this.#askingTags = true;
    const system = await call(routes.getSystem, {}).catch(() => null);
    this.#askingTags = false;
    if (!system || this.#closed) return;
    this.tags = system.tags;
    this.#news();
  }

  ask(questions: readonly Question[]): void {
    clearTimeout(this.#timer);
    if (questions.length === 0 || this.#asking) return; // what is being asked brings news, and the rest is asked then
    this.#timer = setTimeout(() => void this.#send(questions.slice(0, mostQuestions)), settleMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #send(questions: Question[]): Promise<void> {
    this.#asking = true;
    const told = await call(routes.planQueries, {
      params: { project: this.#where.project },
      body: { questions },
    }).catch(() => null);
    this.#asking = false;
    if (!told || this.#closed) return; // asked again with the next edit
    if (this.#answers.size > mostAnswers) this.#answers.clear();
    for (const [index, question] of questions.entries())
      this.#answers.set(canonical(question), told.answers[index] as Answer);
    this.#news();
  }
}
