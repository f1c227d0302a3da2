/** Starts the editor: words first, since everything else speaks. */
import './ui/tokens.css';
import { createRoot } from 'react-dom/client';
import * as z from 'zod';
import { startWords } from './words/index.ts';

z.config({ jitless: true }); // the page's policy allows no code from text
const app = import('./app/App.tsx');
await startWords();
const { App } = await app;
createRoot(document.getElementById('root')!).render(<App />);
