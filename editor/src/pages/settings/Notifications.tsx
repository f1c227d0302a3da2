/** Who is told when a run fails, recovers, is late or missing: channels, the rules that feed them, and what was sent. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Channel, NotificationRule } from '@drawloom/shared/api/notifications.ts';
import { useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { HandedOver } from '../../ui/FormDialog.tsx';
import { Switch } from '../../ui/fields.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, toast } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { ChannelDialog } from './ChannelDialog.tsx';
import { Deliveries } from './Deliveries.tsx';
import { deliveryWord, kindWord, newsWord } from './newsWords.ts';
import { ListSection } from './parts.tsx';
import { RuleDialog } from './RuleDialog.tsx';
import styles from './SettingsPage.module.css';

type Asked =
  | { what: 'channel'; of: Channel | null }
  | { what: 'rule'; of: NotificationRule | null }
  | { what: 'key'; key: string }
  | { what: 'removeChannel'; of: Channel }
  | { what: 'removeRule'; of: NotificationRule };

export function Notifications({ project }: { project: string }) {
  const called = useCall(routes.listNotifications, { params: { project } });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [trying, setTrying] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const change = (doing: Promise<unknown>) => carryOut(doing).then(called.reload);
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
    called.reload();
  };
  const { data, problem } = called;
  if (!data) return problem ? <ProblemNotice problem={problem} onRetry={called.reload} /> : <Loading />;
  const { channels, rules } = data;
  const nameOf = (id: string) => channels.find((channel) => channel.id === id)?.name ?? '';
  return (
    <>
      <ListSection
        title={t('Channels')}
        about={t('Where messages go. Addresses of chats, signing keys and passwords are kept sealed and never shown.')}
        called={called}
        rows={channels}
        keyOf={({ id }) => id}
        add={
          <Button
            tone="primary"
            icon="plus"
            onPress={() => setAsked({ what: 'channel', of: null })}
            data-testid="new-channel"
          >
            {t('Add channel')}
          </Button>
        }
        empty={{
          icon: 'bolt',
          title: t('Nobody is told of anything yet'),
          text: t('A chat, a program or a mailbox can hear of runs that fail, recover, or are late.'),
        }}
        columns={[
          {
            head: t('Name'),
            cell: (channel) => (
              <>
                <strong>{channel.name}</strong>
                <br />
                <span className={styles.muted}>{whereTo(channel)}</span>
              </>
            ),
          },
          { head: t('Kind'), cell: ({ settings }) => kindWord(settings.kind) },
          {
            head: t('Last message'),
            cell: ({ lastDelivery }) => (
              <>
                {lastDelivery ? deliveryWord(lastDelivery.state) : t('None yet')}
                {lastDelivery?.at && (
                  <div className={styles.muted}>
                    <Ago at={lastDelivery.at} />
                  </div>
                )}
              </>
            ),
          },
          {
            head: t('On'),
            cell: (channel) => (
              <Switch
                aria-label={t('{name} is on', { name: channel.name })}
                isSelected={channel.enabled}
                onChange={(enabled) =>
                  void change(
                    call(routes.changeChannel, { params: { project, channel: channel.id }, body: { enabled } }),
                  )
                }
              />
            ),
          },
          {
            head: null,
            cell: (channel) => (
              <>
                <Button small isPending={trying === channel.id} onPress={() => void test(channel)}>
                  {t('Send a test')}
                </Button>
                <Button
                  small
                  onPress={() => setAsked({ what: 'channel', of: channel })}
                  aria-label={t('Change {name}', { name: channel.name })}
                >
                  {t('Change')}
                </Button>
                <Button
                  small
                  tone="quiet"
                  onPress={() => setAsked({ what: 'removeChannel', of: channel })}
                  aria-label={t('Remove {name}', { name: channel.name })}
                >
                  {t('Remove')}
                </Button>
              </>
            ),
          },
        ]}
      />
      {channels.some(hearsNews) && (
        <ListSection
          title={t('Rules')}
          about={t('Which news go to which channel.')}
          called={{ problem: null, loading: false, reload: called.reload }}
          rows={rules}
          keyOf={({ id }) => id}
          add={
            <Button icon="plus" onPress={() => setAsked({ what: 'rule', of: null })} data-testid="new-rule">
              {t('Add rule')}
            </Button>
          }
          empty={{
            icon: 'filter',
            title: t('No channel is told of anything yet'),
            text: t('A rule says which pipelines and which news a channel hears of.'),
          }}
          columns={[
            { head: t('Channel'), cell: ({ channel }) => <strong>{nameOf(channel)}</strong> },
            {
              head: t('News'),
              kind: 'wrap',
              cell: ({ news, lateAfterMs }) => (
                <>
                  {news.map(newsWord).join(' · ')}
                  {news.includes('late') && lateAfterMs !== null && (
                    <> ({t('after {n, plural, one {# minute} other {# minutes}}', { n: lateAfterMs / 60_000 })})</>
                  )}
                </>
              ),
            },
            {
              head: t('Pipelines'),
              kind: 'wrap',
              cell: ({ pipelines }) => (pipelines ? pipelines.map(({ name }) => name).join(', ') : t('All')),
            },
            {
              head: t('On'),
              cell: (rule) => (
                <Switch
                  aria-label={t('The rule of {name} is on', { name: nameOf(rule.channel) })}
                  isSelected={rule.enabled}
                  onChange={(enabled) =>
                    void change(call(routes.changeRule, { params: { project, rule: rule.id }, body: { enabled } }))
                  }
                />
              ),
            },
            {
              head: null,
              cell: (rule) => (
                <>
                  <Button
                    small
                    onPress={() => setAsked({ what: 'rule', of: rule })}
                    aria-label={t('Change the rule of {name}', { name: nameOf(rule.channel) })}
                  >
                    {t('Change')}
                  </Button>
                  <Button
                    small
                    tone="quiet"
                    onPress={() => setAsked({ what: 'removeRule', of: rule })}
                    aria-label={t('Remove the rule of {name}', { name: nameOf(rule.channel) })}
                  >
                    {t('Remove')}
                  </Button>
                </>
              ),
            },
          ]}
        />
      )}
      {channels.length > 0 && <Deliveries key={sent} project={project} />}
      {asked?.what === 'channel' && (
        <ChannelDialog
          project={project}
          channel={asked.of}
          onClose={() => setAsked(null)}
          onSaved={(key) => {
            setAsked(key ? { what: 'key', key } : null);
            called.reload();
          }}
        />
      )}
      {asked?.what === 'rule' && (
        <RuleDialog
          project={project}
          rule={asked.of}
          channels={channels.filter(hearsNews)}
          onClose={() => setAsked(null)}
          onSaved={() => {
            setAsked(null);
            called.reload();
          }}
        />
      )}
      {asked?.what === 'key' && (
        <HandedOver
          title={t('Signing key')}
          onClose={() => setAsked(null)}
          label={t('Signing key')}
          text={asked.key}
          warning={t('Give it to the receiver, which checks every message by it. It is not shown again.')}
        />
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

/** A receiver of lineage hears of every run by itself. */
const hearsNews = ({ settings }: Channel) => settings.kind !== 'openlineage';

function whereTo({ settings }: Channel): string {
  if (settings.kind === 'chat') return t('Its address is a secret');
  return settings.kind === 'email' ? settings.to.join(', ') : settings.url;
}
