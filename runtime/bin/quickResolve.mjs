/**
 * Decides how the modules of drizzle-orm find each other. Node reads and parses a package's description anew for every import
 * inside it, and that one is 179 kB long: a second of every start, every command and every test file. Its inner imports name
 * their files in full, so they are resolved here without looking at the description.
 */
import { registerHooks } from 'node:module';

const inside = '/node_modules/drizzle-orm/';

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context;
    const plain = specifier.startsWith('.') && specifier.endsWith('.js');
    if (!plain || !parentURL?.includes(inside) || !context.conditions.includes('import'))
      return next(specifier, context);
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
  },
});
