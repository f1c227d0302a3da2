/** Decides how MLflow's own client is told where we are. */
import { type PythonClient, startPythonClient } from './pythonClient.ts';

export type MlflowClient = PythonClient;

export const startMlflowClient = (url: string): Promise<MlflowClient> =>
  startPythonClient('mlflow', {
    MLFLOW_TRACKING_URI: url,
    // A mistake of ours must be seen at once, not tried again for minutes.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    MLFLOW_DISABLE_TELEMETRY: 'true',
  });
