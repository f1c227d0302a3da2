/** Several views of one thing, one at a time. */
import type { ReactNode } from 'react';
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components';
import styles from './controls.module.css';
import { Icon, type IconName } from './Icon.tsx';

export interface TabItem<Id extends string = string> {
  id: Id;
  text: string;
  icon?: IconName;
  badge?: { text: string; tone?: 'failed' | 'warning' } | null | undefined;
  content: ReactNode;
}
export function Tabs<Id extends string>(props: {
  label: string;
  tabs: readonly TabItem<Id>[];
  selected: Id;
  onSelect: (id: Id) => void;
  /** What stands at the right end of the row of tabs. */
  end?: ReactNode;
  /** What stands between the row of tabs and whichever is open. */
  lead?: ReactNode;
}) {
  return (
    <AriaTabs
      className={styles.tabs!}
      selectedKey={props.selected}
      onSelectionChange={(key) => props.onSelect(String(key) as Id)}
    >
      <div style={{ display: 'flex', flex: 'none', borderBottom: '1px solid var(--border)' }}>
        <TabList aria-label={props.label} className={styles.tabList!} style={{ flex: 1, borderBottom: 0, minWidth: 0 }}>
          {props.tabs.map((tab) => (
            <Tab key={tab.id} id={tab.id} className={styles.tab!}>
              {tab.icon && <Icon name={tab.icon} />}
              {tab.text}
              {tab.badge && (
                <span className={styles.badge} {...(tab.badge.tone ? { 'data-tone': tab.badge.tone } : {})}>
                  {tab.badge.text}
                </span>
              )}
            </Tab>
          ))}
        </TabList>
        {props.end && (
          <div style={{ display: 'flex', alignItems: 'center', gap: 8, paddingRight: 8, minWidth: 0 }}>{props.end}</div>
        )}
      </div>
      {props.lead}
      {props.tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className={styles.tabPanel!}>
          {tab.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
