/** Who is told when a run fails, recovers, is late or missing: channels, the rules that feed them, and what was sent. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Channel, NotificationRule } from '@drawloom/shared/api/notifications.ts';
import { useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { ShownOnce } from '../../ui/CopyText.tsx';
import { Switch } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { ChannelDialog } from './ChannelDialog.tsx';
import { Deliveries } from './Deliveries.tsx';
import { deliveryWord, kindWord, newsWord } from './newsWords.ts';
import { Section, Table } from './parts.tsx';
import { RuleDialog } from './RuleDialog.tsx';
import styles from './SettingsPage.module.css';

type Asked =
  | { what: 'channel'; of: Channel | null }
  | { what: 'rule'; of: NotificationRule | null }
  | { what: 'key'; key: string }
  | { what: 'removeChannel'; of: Channel }
  | { what: 'removeRule'; of: NotificationRule };

export function Notifications({ project }: { project: string }) {
  const { data, problem, loading, reload } = useCall(routes.listNotifications, { params: { project } });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [trying, setTrying] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const change = async (doing: Promise<unknown>) => {
    try {
      await doing;
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    reload();
  };
  const test = async (channel: Channel) => {
    setTrying(channel.id);
    try {
      const delivery = await call(routes.testChannel, { params: { project, channel: channel.id } });
      const good = delivery.state === 'delivered';
      toast(
        good
          ? t('{name} took the test message.', { name: channel.name })
          : (delivery.problem ?? deliveryWord(delivery.state)),
        good ? 'success' : 'failed',
      );
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    setTrying(null);
    setSent((count) => count + 1);
    reload();
  };
  if (!data) return problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />;
  const { channels, rules } = data;
  const nameOf = (id: string) => channels.find((channel) => channel.id === id)?.name ?? '';
  const addChannel = (
    <Button
      tone="primary"
      icon="plus"
      onPress={() => setAsked({ what: 'channel', of: null })}
      data-testid="new-channel"
    >
      {t('Add channel')}
    </Button>
  );
  const addRule = channels.length > 0 && (
    <Button icon="plus" onPress={() => setAsked({ what: 'rule', of: null })} data-testid="new-rule">
      {t('Add rule')}
    </Button>
  );
  return (
    <>
      <Section
        title={t('Channels')}
        about={t('Where messages go. Addresses of chats, signing keys and passwords are kept sealed and never shown.')}
        actions={channels.length > 0 && addChannel}
      >
        {problem && <ProblemNotice problem={problem} onRetry={reload} />}
        {loading && channels.length === 0 && <Loading />}
        {channels.length === 0 && (
          <EmptyState icon="bolt" title={t('Nobody is told of anything yet')} actions={addChannel}>
            {t('A chat, a program or a mailbox can hear of runs that fail, recover, or are late.')}
          </EmptyState>
        )}
        {channels.length > 0 && (
          <Table caption={t('Channels')} columns={[t('Name'), t('Kind'), t('Last message'), t('On'), null]}>
            {channels.map((channel) => (
              <tr key={channel.id}>
                <td>
                  <strong>{channel.name}</strong>
                  <br />
                  <span className={styles.muted}>{whereTo(channel)}</span>
                </td>
                <td>{kindWord(channel.settings.kind)}</td>
                <td>
                  {channel.lastDelivery ? deliveryWord(channel.lastDelivery.state) : t('None yet')}
                  {channel.lastDelivery?.at && (
                    <div className={styles.muted}>
                      <Ago at={channel.lastDelivery.at} />
                    </div>
                  )}
                </td>
                <td>
                  <Switch
                    aria-label={t('{name} is on', { name: channel.name })}
                    isSelected={channel.enabled}
                    onChange={(enabled) =>
                      void change(
                        call(routes.changeChannel, { params: { project, channel: channel.id }, body: { enabled } }),
                      )
                    }
                  />
                </td>
                <td className={styles.end}>
                  <Button small isPending={trying === channel.id} onPress={() => void test(channel)}>
                    {t('Send a test')}
                  </Button>{' '}
                  <Button small onPress={() => setAsked({ what: 'channel', of: channel })}>
                    {t('Change')}
                  </Button>{' '}
                  <Button small tone="quiet" onPress={() => setAsked({ what: 'removeChannel', of: channel })}>
                    {t('Remove')}
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Section>
      {channels.length > 0 && (
        <Section title={t('Rules')} about={t('Which news go to which channel.')} actions={rules.length > 0 && addRule}>
          {rules.length === 0 && (
            <EmptyState icon="filter" title={t('No channel is told of anything yet')} actions={addRule}>
              {t('A rule says which pipelines and which news a channel hears of.')}
            </EmptyState>
          )}
          {rules.length > 0 && (
            <Table caption={t('Rules')} columns={[t('Channel'), t('News'), t('Pipelines'), t('On'), null]}>
              {rules.map((rule) => (
                <tr key={rule.id}>
                  <td>
                    <strong>{nameOf(rule.channel)}</strong>
                  </td>
                  <td className={styles.wrap}>
                    {rule.news.map(newsWord).join(' · ')}
                    {rule.news.includes('late') && rule.lateAfterMs !== null && (
                      <>
                        {' '}
                        ({t('after {n, plural, one {# minute} other {# minutes}}', { n: rule.lateAfterMs / 60_000 })})
                      </>
                    )}
                  </td>
                  <td className={styles.wrap}>
                    {rule.pipelines ? rule.pipelines.map(({ name }) => name).join(', ') : t('All')}
                  </td>
                  <td>
                    <Switch
                      aria-label={t('The rule of {name} is on', { name: nameOf(rule.channel) })}
                      isSelected={rule.enabled}
                      onChange={(enabled) =>
                        void change(call(routes.changeRule, { params: { project, rule: rule.id }, body: { enabled } }))
                      }
                    />
                  </td>
                  <td className={styles.end}>
                    <Button small onPress={() => setAsked({ what: 'rule', of: rule })}>
                      {t('Change')}
                    </Button>{' '}
                    <Button small tone="quiet" onPress={() => setAsked({ what: 'removeRule', of: rule })}>
                      {t('Remove')}
                    </Button>
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </Section>
      )}
      {channels.length > 0 && <Deliveries key={sent} project={project} />}
      {asked?.what === 'channel' && (
        <ChannelDialog
          project={project}
          channel={asked.of}
          onClose={() => setAsked(null)}
          onSaved={(key) => {
            setAsked(key ? { what: 'key', key } : null);
            reload();
          }}
        />
      )}
      {asked?.what === 'rule' && (
        <RuleDialog
          project={project}
          rule={asked.of}
          channels={channels}
          onClose={() => setAsked(null)}
          onSaved={() => {
            setAsked(null);
            reload();
          }}
        />
      )}
      {asked?.what === 'key' && (
        <Dialog
          title={t('Signing key')}
          onClose={() => setAsked(null)}
          dismissable={false}
          actions={
            <Button tone="primary" onPress={() => setAsked(null)}>
              {t('Done')}
            </Button>
          }
        >
          <ShownOnce
            label={t('Signing key')}
            text={asked.key}
            warning={t('Give it to the receiver, which checks every message by it. It is not shown again.')}
          />
        </Dialog>
      )}
      {asked?.what === 'removeChannel' && (
        <Confirm
          title={t('Remove {name}?', { name: asked.of.name })}
          action={t('Remove')}
          danger
          onConfirm={() => void change(call(routes.removeChannel, { params: { project, channel: asked.of.id } }))}
          onClose={() => setAsked(null)}
        >
          {t('Its rules and the list of its messages go with it.')}
        </Confirm>
      )}
      {asked?.what === 'removeRule' && (
        <Confirm
          title={t('Remove this rule?')}
          action={t('Remove')}
          danger
          onConfirm={() => void change(call(routes.removeRule, { params: { project, rule: asked.of.id } }))}
          onClose={() => setAsked(null)}
        >
          {t('{name} hears of it no more.', { name: nameOf(asked.of.channel) })}
        </Confirm>
      )}
    </>
  );
}

function whereTo({ settings }: Channel): string {
  if (settings.kind === 'chat') return t('Its address is a secret');
  return settings.kind === 'webhook' ? settings.url : settings.to.join(', ');
}
