/** Decides what the environment sets: read once, checked once, and handed on as one value. */
import path from 'node:path';
import { Tag } from '@drawloom/shared/pipeline/document.ts';
import { z } from 'zod';
import { checkout } from './checkout.ts';
import type { TraceTarget } from './observe/exportTraces.ts';
import { type Network, networksIn } from './outbox/addresses.ts';
import { StartProblem } from './startProblem.ts';

const databaseSchemes = ['postgres:', 'postgresql:'];
const webSchemes = ['http:', 'https:'];

const address = (schemes: string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol), {
    error: `is not an address of the form ${example}; correct it or unset it`,
  });

const Environment = z.object({
  PORT: z.coerce
    .number({ error: 'is not a number; use a port from 1 to 65535, or 0 for any free one' })
    .int('is not a whole number; use a port from 1 to 65535, or 0 for any free one')
    .min(0, 'is below 0; use a port from 1 to 65535, or 0 for any free one')
    .max(65535, 'is above 65535; use a port from 1 to 65535, or 0 for any free one')
    .default(4400),
  HOST: z
    .string()
    .regex(/^[a-zA-Z0-9.:_-]+$/, 'is not a host name or address; use 127.0.0.1 for this machine only')
    .default('127.0.0.1'),
  DRAWLOOM_HOME: z.string().optional(),
  DATABASE_URL: address(databaseSchemes, 'postgres://user:password@host:5432/database').optional(),
  DRAWLOOM_ADMIN_TOKEN: z
    .string()
    .min(32, 'is shorter than 32 characters, which could be guessed; make one with `openssl rand -hex 32`')
    .regex(
      /^[\x21-\x7e]*$/,
      'holds spaces or characters that a header cannot carry; make one with `openssl rand -hex 32`',
    )
    .optional(),
  DRAWLOOM_HOSTS: z
    .string()
    .regex(
      /^[a-zA-Z0-9._:[\]-]+(\s*,\s*[a-zA-Z0-9._:[\]-]+)*$/,
      'is not a list of host names; write drawloom.example, other.example',
    )
    .optional(),
  DRAWLOOM_ISOLATION: z
    .enum(['full', 'partial', 'none'], {
      error: 'is none of full, partial and none; unset it to refuse to run node code that cannot be isolated fully',
    })
    .default('full'),
  DRAWLOOM_TAGS: z
    .string()
    .refine((text) => tagsIn(text) !== null, {
      error: 'is not a list of tags; write gpu, memory-64g (small letters, digits, _, . and -)',
    })
    .optional(),
  DRAWLOOM_PUBLIC_URL: address(webSchemes, 'https://drawloom.example.org').optional(),
  DRAWLOOM_INTERNAL_NETWORKS: z
    .string()
    .refine((text) => networksIn(text) !== null, {
      error:
        'is not a list of networks; write 10.0.0.0/8, 192.168.1.20/32, or unset it to send to public addresses only',
    })
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: address(webSchemes, 'http://127.0.0.1:4318').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address(webSchemes, 'http://127.0.0.1:4318/v1/traces').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => headersIn(text) !== null, { error: 'is not a list of headers; write name=value,other=value' })
    .optional(),
  OTEL_SERVICE_NAME: z.string().default('drawloom'),
  DRAWLOOM_URL: address(webSchemes, 'http://127.0.0.1:4400').optional(),
  DRAWLOOM_TOKEN: z.string().optional(),
});

export interface Config {
  port: number;
  host: string;
  /** Absolute. Holds the embedded database, artifacts, logs and environments. */
  home: string;
  /** A Postgres of the operator's own; undefined means the embedded one. */
  databaseUrl: string | undefined;
  /** A preset token with all rights, for set-ups without a person. */
  adminToken: string | undefined;
  /** Names under which this server is reached besides its own, behind a proxy for instance. */
  hosts: string[];
  /** The weakest isolation of node code that the operator accepts. Below it, nothing runs. */
  leastIsolation: 'full' | 'partial' | 'none';
  /** What this machine's worker has that others do not. */
  tags: string[];
  /** How people reach this server, for links that leave the house; undefined means where it listens. */
  publicUrl: string | undefined;
  /** Networks of the operator's own to which messages may be sent; all others that are not public are refused. */
  internalNetworks: Network[];
  /** Where the traces of runs go; undefined means nowhere. */
  traces: TraceTarget | undefined;
  /** Where the command line client finds a server, and what it shows there. */
  serverUrl: string | undefined;
  token: string | undefined;
}

/** The configuration once the database is known: what server and worker are started with. */
export interface ProgramConfig extends Config {
  databaseUrl: string;
}

/** Reads the environment; throws a `StartProblem` that names every variable that is wrong. An empty value counts as unset. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const read = Environment.safeParse(set);
  if (!read.success) {
    // The values are left out: one of them is a secret, and the name is enough to find it.
    throw new StartProblem(read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`).join('\n'));
  }
  const value = read.data;
  return {
    port: value.PORT,
    host: value.HOST,
    home: value.DRAWLOOM_HOME ? path.resolve(value.DRAWLOOM_HOME) : path.join(checkout, '.drawloom'),
    databaseUrl: value.DATABASE_URL,
    adminToken: value.DRAWLOOM_ADMIN_TOKEN,
    hosts: value.DRAWLOOM_HOSTS?.split(',').map((name) => name.trim()) ?? [],
    leastIsolation: value.DRAWLOOM_ISOLATION,
    tags: tagsIn(value.DRAWLOOM_TAGS ?? '') ?? [],
    publicUrl: value.DRAWLOOM_PUBLIC_URL?.replace(/\/+$/, ''),
    internalNetworks: networksIn(value.DRAWLOOM_INTERNAL_NETWORKS ?? '') ?? [],
    traces: tracesOf(value),
    serverUrl: value.DRAWLOOM_URL?.replace(/\/+$/, ''),
    token: value.DRAWLOOM_TOKEN,
  };
}

function tagsIn(text: string): string[] | null {
  const tags = text
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  return tags.length <= 50 && tags.every((tag) => Tag.safeParse(tag).success) ? [...new Set(tags)] : null;
}

/** The usual variables: an address of everything, to which the path of traces is added, or one for traces alone. */
function tracesOf(value: z.output<typeof Environment>): TraceTarget | undefined {
  const base = value.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = value.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`);
  if (!url) return undefined;
  return {
    url,
    headers: headersIn(value.OTEL_EXPORTER_OTLP_HEADERS ?? '') ?? {},
    serviceName: value.OTEL_SERVICE_NAME,
  };
}

/** `name=value,other=value`, values escaped as in addresses; null when it is not that. */
function headersIn(text: string): Record<string, string> | null {
  const headers: Record<string, string> = {};
  for (const part of text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)) {
    const found = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*)$/.exec(part);
    if (!found) return null;
    try {
      headers[found[1]!] = decodeURIComponent(found[2]!);
    } catch {
      return null;
    }
  }
  return headers;
}
