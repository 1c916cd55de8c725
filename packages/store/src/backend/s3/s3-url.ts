import { BenchError } from '@attribution-bench/contract';

/** Where in S3 objects are: those whose keys begin with `<prefix>/`, or all of the bucket. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixPattern = /^[\w!.*'()@=+ -]+(\/[\w!.*'()@=+ -]+)*$/;

/** Whether a location is a URL, and not the path of a folder. */
export function isUrl(location: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(location);
}

/** Parses `s3://bucket` or `s3://bucket/prefix`. @throws BenchError STORE_URL; what a URL has of credentials is in no message */
export function parseS3Url(url: string): S3Place {
  const [, scheme = '', rest = ''] = /^([^:]*):\/\/(.*)$/s.exec(url) ?? [];
  if (scheme !== 's3') throw badUrl(`${scheme}://`, 'is no place for results', 'name a folder, or s3://bucket/prefix');
  const [bucket, ...folders] = rest.replace(/\/+$/, '').split('/');
  if (bucket.includes('@') || bucket.includes(':')) throw withCredentials();
  if (!bucketPattern.test(bucket))
    throw badUrl(
      `s3://${bucket}`,
      'names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
      'name the results s3://bucket/prefix',
    );
  const prefix = folders.join('/');
  if (prefix !== '' && (!prefixPattern.test(prefix) || folders.some((each) => each === '.' || each === '..')))
    throw badUrl(
      `s3://${bucket}/...`,
      "has a prefix that is not folders of plain letters, digits and !-_.*'()@=+",
      'name the results s3://bucket/prefix, without ?, # and %',
    );
  return { bucket, prefix };
}

/** @throws BenchError STORE_URL for an address of a server that holds credentials, which would stand in messages of the system */
export function requirePlainEndpoint(endpoint: string): void {
  if (/^[^/]*\/\/[^/]*@/.test(endpoint)) throw withCredentials();
}

function withCredentials(): BenchError {
  return badUrl(
    '...//...@...',
    'holds credentials or an address: neither belongs in a URL that is kept in logs and plans',
    'name s3://bucket/prefix; credentials come from the AWS variables, profiles or roles, the address from AWS_ENDPOINT_URL',
  );
}

function badUrl(place: string, message: string, next: string): BenchError {
  return new BenchError({ code: 'STORE_URL', place, message, next });
}

/** The variables of a process without those of the SDK: for programs of the user's, which need no access to results. */
export function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}
