/** Decides theme and density, and remembers them where `public/first-paint.js` finds them before the first paint. */
import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
interface Appearance {
  theme: Theme;
  /** What `theme` comes to on this machine now. */
  shown: 'light' | 'dark';
  density: Density;
}

const system = matchMedia('(prefers-color-scheme: dark)');
const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const theme = (read('drawloom.theme') ?? 'system') as Theme;
const shownAs = (choice: Theme) => (choice === 'system' ? (system.matches ? 'dark' : 'light') : choice);

export const useAppearance = create<Appearance>(() => ({
  theme,
  shown: shownAs(theme),
  density: read('drawloom.density') === 'compact' ? 'compact' : 'comfortable',
}));

export function setTheme(next: Theme): void {
  if (next === 'system') localStorage.removeItem('drawloom.theme');
  else localStorage.setItem('drawloom.theme', next);
  useAppearance.setState({ theme: next, shown: shownAs(next) });
}
export function setDensity(density: Density): void {
  localStorage.setItem('drawloom.density', density);
  useAppearance.setState({ density });
}

system.addEventListener('change', () => {
  const { theme: choice } = useAppearance.getState();
  useAppearance.setState({ shown: shownAs(choice) });
});
useAppearance.subscribe(({ shown, density }) => {
  const root = document.documentElement;
  root.dataset.theme = shown;
  root.dataset.density = density;
  root.style.backgroundColor = '';
});
