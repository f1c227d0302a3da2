/** The whole app inside its providers. */
import { RouterProvider } from '@tanstack/react-router';
import { RouterProvider as AriaRouterProvider, I18nProvider } from 'react-aria-components';
import { Toasts } from '../ui/overlays.tsx';
import { locale } from '../words/index.ts';
import { go } from './go.ts';
import { router } from './router.tsx';

export function App() {
  return (
    <I18nProvider locale={locale()}>
      <AriaRouterProvider navigate={(href, options) => go(href, options?.replace ?? false)}>
        <RouterProvider router={router} />
        <Toasts />
      </AriaRouterProvider>
    </I18nProvider>
  );
}
