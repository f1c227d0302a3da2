/** Asks where messages are to go. What is secret goes in once; left empty for a channel that has it, it stays as it is. */
import { routes } from '@drawloom/shared/api/index.ts';
import { type Channel, ChannelKind, type ChannelSettings } from '@drawloom/shared/api/notifications.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useSending } from '../../api/useSending.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Select } from '../../ui/fields.tsx';
import { NumberField, TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { kindWord } from './newsWords.ts';

type Mail = Extract<ChannelSettings, { kind: 'email' }>;
const emptyMail: Mail = { kind: 'email', host: '', port: 587, encryption: 'starttls', user: null, from: '', to: [] };

type Receiver = Extract<ChannelSettings, { kind: 'openlineage' }>;
const emptyReceiver: Receiver = { kind: 'openlineage', url: '', namespace: null };

export function ChannelDialog(props: {
  project: string;
  /** The channel to change; null for a new one. */
  channel: Channel | null;
  onClose: () => void;
  /** With the signing key that was made, which is shown once. */
  onSaved: (signingKey: string | null) => void;
}) {
  const { project, channel } = props;
  const before = channel?.settings;
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<ChannelKind>(before?.kind ?? 'chat');
  const [url, setUrl] = useState(before?.kind === 'webhook' ? before.url : '');
  const [receiver, setReceiver] = useState<Receiver>(before?.kind === 'openlineage' ? before : emptyReceiver);
  const [mail, setMail] = useState<Mail>(before?.kind === 'email' ? before : emptyMail);
  const [to, setTo] = useState(before?.kind === 'email' ? before.to.join(', ') : '');
  const [secret, setSecret] = useState('');
  const settings = (): ChannelSettings => {
    if (kind === 'chat') return { kind };
    if (kind === 'webhook') return { kind, url: url.trim() };
    if (kind === 'openlineage')
      return { ...receiver, url: receiver.url.trim(), namespace: receiver.namespace?.trim() || null };
    return { ...mail, to: to.split(/[\s,;]+/).filter(Boolean) };
  };
  const form = useSending(async () => {
    const body = { name, settings: settings(), ...(secret && { secret }) };
    if (channel) {
      await call(routes.changeChannel, { params: { project, channel: channel.id }, body });
      props.onSaved(null);
    } else props.onSaved((await call(routes.createChannel, { params: { project }, body })).signingKey);
  });
  const keeps = channel?.hasSecret ? t('Leave it empty to keep the one that is set.') : null;
  return (
    <FormDialog
      title={channel ? t('Change {name}', { name: channel.name }) : t('Add channel')}
      onClose={props.onClose}
      form={form}
      action={channel ? t('Save') : t('Add')}
      isDisabled={!name.trim()}
      data-testid="save-channel"
    >
      <TextField label={t('Name')} isRequired autoFocus value={name} onChange={setName} maxLength={100} />
      {!channel && (
        <Select
          label={t('Kind')}
          value={kind}
          onChange={(id) => {
            setKind(id as ChannelKind);
            setSecret('');
          }}
          options={ChannelKind.options.map((id) => ({ id, text: kindWord(id), hint: kindHint(id) }))}
        />
      )}
      {kind === 'chat' && (
        <TextField
          label={t('Address for incoming messages')}
          type="password"
          autoComplete="off"
          isRequired={!channel}
          value={secret}
          onChange={setSecret}
          hint={keeps ?? t('The chat makes it: in Slack, an incoming webhook. Whoever has it can write there.')}
        />
      )}
      {kind === 'webhook' && (
        <>
          <TextField
            label={t('Address')}
            type="url"
            mono
            isRequired
            value={url}
            onChange={setUrl}
            placeholder="https://"
          />
          <TextField
            label={t('Signing key')}
            type="password"
            autoComplete="off"
            mono
            value={secret}
            onChange={setSecret}
            hint={keeps ?? t('whsec_… of the receiver. Leave it empty, and one is made and shown once.')}
          />
        </>
      )}
      {kind === 'openlineage' && (
        <>
          <TextField
            label={t('Address')}
            type="url"
            mono
            isRequired
            value={receiver.url}
            onChange={(to) => setReceiver({ ...receiver, url: to })}
            placeholder="https://"
            hint={t('Without a path, events go to /api/v1/lineage there.')}
          />
          <TextField
            label={t('Token')}
            type="password"
            autoComplete="off"
            mono
            value={secret}
            onChange={setSecret}
            hint={keeps ?? t('Of the receiver, where it asks for one.')}
          />
          <TextField
            label={t('Namespace')}
            mono
            value={receiver.namespace ?? ''}
            onChange={(namespace) => setReceiver({ ...receiver, namespace: namespace || null })}
            placeholder={`drawloom/${project}`}
            maxLength={200}
            hint={t('What jobs and data sets of this project stand under there.')}
          />
        </>
      )}
      {kind === 'email' && (
        <>
          <TextField
            label={t('Mail server')}
            mono
            isRequired
            value={mail.host}
            onChange={(host) => setMail({ ...mail, host: host.trim() })}
            placeholder="smtp.example.org"
          />
          <Select
            label={t('Encryption')}
            value={mail.encryption}
            onChange={(id) => {
              const encryption = id as Mail['encryption'];
              const usual = { starttls: 587, tls: 465, none: 25 };
              const port = mail.port === usual[mail.encryption] ? usual[encryption] : mail.port;
              setMail({ ...mail, encryption, port });
            }}
            options={[
              { id: 'starttls', text: 'STARTTLS' },
              { id: 'tls', text: 'TLS' },
              { id: 'none', text: t('None, in the operator’s own network only') },
            ]}
          />
          <NumberField
            label={t('Port')}
            isRequired
            minimum={1}
            maximum={65_535}
            value={mail.port}
            onChange={(port) => setMail({ ...mail, port: port ?? 587 })}
          />
          <TextField
            label={t('User')}
            autoComplete="off"
            value={mail.user ?? ''}
            onChange={(user) => setMail({ ...mail, user: user || null })}
          />
          {mail.user && (
            <TextField
              label={t('Password')}
              type="password"
              autoComplete="off"
              isRequired={!channel?.hasSecret}
              value={secret}
              onChange={setSecret}
              {...(keeps ? { hint: keeps } : {})}
            />
          )}
          <TextField
            label={t('mail::From')}
            type="email"
            isRequired
            value={mail.from}
            onChange={(from) => setMail({ ...mail, from: from.trim() })}
            placeholder="drawloom@example.org"
          />
          <TextField
            label={t('mail::To')}
            isRequired
            value={to}
            onChange={setTo}
            hint={t('One or more addresses, with commas between.')}
          />
        </>
      )}
    </FormDialog>
  );
}

function kindHint(kind: ChannelKind): string {
  const hints: Record<ChannelKind, string> = {
    chat: t('Slack, or what takes its messages'),
    webhook: t('A program; signed JSON'),
    email: t('Mailboxes, over a mail server'),
    openlineage: t('A catalog; what every run read and made'),
  };
  return hints[kind];
}
