import { expect, test } from 'vitest';
import { AddressRefusedError, networksIn, reach } from './addresses.ts';

const inside = [
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a00:1',
  '64:ff9b::a00:1',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
];
test.each(inside)('%s is not on the public internet, so nothing is sent there', async (address) => {
  await expect(reach(address, [])).rejects.toThrow(AddressRefusedError);
});

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '9.255.255.255', '11.0.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
  '%s is',
  async (address) => {
    expect(await reach(address, [])).toMatchObject({ address, internal: false });
  },
);

test('a name is judged by what it stands for', async () => {
  await expect(reach('localhost', [])).rejects.toThrow(AddressRefusedError);
});

test('the operator may name networks of their own', async () => {
  const networks = networksIn('127.0.0.0/8, ::1')!;
  expect(await reach('127.0.0.1', networks)).toMatchObject({ internal: true });
  expect(await reach('[::1]', networks)).toMatchObject({ internal: true });
  await expect(reach('10.0.0.1', networks)).rejects.toThrow(/DRAWLOOM_INTERNAL_NETWORKS/);
});

test.each(['10.0.0.0/33', 'ten', '10.0.0.0/', '10.0.0/8', '1.2.3.4/8/9', 'fd00::/129'])(
  '"%s" is no network',
  (text) => {
    expect(networksIn(text)).toBeNull();
  },
);
