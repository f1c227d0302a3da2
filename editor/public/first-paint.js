// Decides the colours before the first paint, so that nobody sees a flash of the other theme. A file of its own because the
// page allows no inline script. `src/app/appearance.ts` reads and writes the same keys.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const theme = read('drawloom.theme');
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  root.dataset.density = read('drawloom.density') === 'compact' ? 'compact' : 'comfortable';
  const locale = read('drawloom.locale');
  root.lang = locale && !locale.startsWith('pseudo') ? locale : 'en';
  root.dir = locale === 'pseudo-rtl' ? 'rtl' : 'ltr';
  root.style.backgroundColor = dark ? '#0f1317' : '#f3f6f8';
})();
