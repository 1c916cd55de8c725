import { BenchError } from '@attribution-bench/contract';

export type Doing = 'written' | 'read';

/** What an error of a request is, as far as it matters here. */
export interface Failure {
  /** Of the HTTP response; absent where there was none. */
  readonly status?: number;
  /** The server's name for it, or that of the system, such as `NoSuchKey` or `ECONNREFUSED`. */
  readonly name: string;
  readonly message: string;
  /** Region of the bucket, where the server says that it is another one. */
  readonly region?: string;
}

export function failureOf(error: unknown): Failure {
  const { $metadata, $response, name, Code, code, message, Region } = (error ?? {}) as {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
    readonly name?: string;
    readonly Code?: string;
    readonly code?: string;
    readonly message?: string;
    readonly Region?: string;
  };
  const status = $metadata?.httpStatusCode;
  const region = Region ?? $response?.headers?.['x-amz-bucket-region'];
  return {
    ...(status !== undefined && { status }),
    name: Code ?? code ?? name ?? 'Unknown',
    message: message ?? String(error),
    ...(region !== undefined && { region }),
  };
}

/** Errors of the system or the SDK between here and the server. */
const lostNames = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
]);

/** Errors after which the same request may well succeed. */
const passingNames = new Set([
  // The SDK has corrected its clock by the server's, and signs the next one with that.
  'RequestTimeTooSkewed',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  // Two conditional writes of one object met.
  'ConditionalRequestConflict',
  'OperationAborted',
]);

/** Whether the same request may succeed later. */
export function isPassing(failure: Failure): boolean {
  if (isFull(failure)) return false;
  const { status, name, message } = failure;
  if (status !== undefined && (status === 429 || (status >= 500 && status !== 501))) return true;
  return passingNames.has(name) || lostNames.has(name) || /socket hang up|aborted|premature/i.test(message);
}

/** Whether there is no object of the name, in a bucket that there is. Answers to HEAD say no more than 404. */
export function isAbsent({ status, name }: Failure): boolean {
  return status === 404 && name !== 'NoSuchBucket' && !credentialNames.has(name);
}

/** Answers to HEAD have no name of what is wrong. */
function isOfAnotherRegion({ status, name, message, region }: Failure): boolean {
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed' || /region is missing/i.test(message))
    return true;
  return status === 301 || (region !== undefined && status === 400 && !/^[A-Z][a-z]+[A-Z]/.test(name));
}

const fullNames = new Set([
  'QuotaExceeded',
  'InsufficientStorage',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]);

function isFull({ status, name }: Failure): boolean {
  return status === 507 || fullNames.has(name);
}

const credentialNames = new Set([
  'CredentialsProviderError',
  'InvalidAccessKeyId',
  // So versitygw says it, with the status 404.
  'XAdminUserNotFound',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

/** An error that says what could not be done with which object, why, and what to do; a {@link BenchError} comes back as it is. */
export function s3Error(error: unknown, place: string, doing: Doing, waitedMs = 0): BenchError {
  if (error instanceof BenchError) return error;
  const failure = failureOf(error);
  const { status, name, message, region } = failure;
  const made = (code: BenchError['code'], what: string, next: string): BenchError =>
    new BenchError({ code, place, message: `cannot be ${doing}: ${what}`, next, cause: error });
  if (name === 'CredentialsProviderError')
    return made('BUCKET_CREDENTIALS', 'no credentials were found', `give some: ${whereCredentials}`);
  if (credentialNames.has(name))
    return made(
      'BUCKET_CREDENTIALS',
      `the server does not take the credentials (${name})`,
      `check or renew them: ${whereCredentials}`,
    );
  if (name === 'NoSuchBucket')
    return made('BUCKET_MISSING', 'there is no such bucket', 'make the bucket, or name another one with --results');
  if (isOfAnotherRegion(failure))
    return region === undefined
      ? made(
          'BUCKET_REGION',
          `the region is not that of the bucket (${message})`,
          'set AWS_REGION to the region of the bucket',
        )
      : made('BUCKET_REGION', `the bucket is in the region ${region}`, `set AWS_REGION=${region}`);
  if (isFull(failure))
    return made(
      'STORE_FULL',
      'the quota of the bucket, or its server, is full',
      'free some space (`bench gc` removes results that are no longer needed) and run the same command again: finished steps are kept',
    );
  if (status === 403 || name === 'AccessDenied')
    return made(
      doing === 'written' ? 'STORE_UNWRITABLE' : 'STORE_READ',
      'access denied',
      'the credentials must allow s3:ListBucket on the bucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on what is in it, and for `bench gc` what docs/buckets.md names',
    );
  const what = status === undefined ? name : `${name} (${status})`;
  if (isPassing(failure))
    return made(
      'STORE_AWAY',
      `the server was tried for ${Math.round(waitedMs / 1000)} s, at last with ${what}`,
      'run the same command again when the server is back: finished steps are kept',
    );
  return made(
    doing === 'written' ? 'STORE_WRITE' : 'STORE_READ',
    `${what}: ${message}`,
    'check the bucket that --results names',
  );
}

const whereCredentials =
  'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE, `aws sso login`), or the role of the machine';
