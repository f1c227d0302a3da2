/** Does what was pressed where there is no form to say what is wrong: that is then told in the corner. Answers whether it was done. */
import { problemOf } from '../api/call.ts';
import { toast } from '../ui/overlays.tsx';

export const carryOut = (doing: Promise<unknown>): Promise<boolean> =>
  doing.then(
    () => true,
    (error) => {
      toast(problemOf(error).message, 'failed');
      return false;
    },
  );
