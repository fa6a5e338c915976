// test/contract/encoder.test.ts: the encoder contract on ONNX Runtime in real threads, and on the recording double.
import { encoderConfigs } from '../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { createRecordingEncoder } from '../../shared/encoder/recording-encoder.ts';
import { sampleEncoder, sampleHead, sampleReference } from '../support/encoder-rows.ts';
import { describeEncoderContract } from './encoder.ts';

for (const config of [encoderConfigs.tiny, encoderConfigs.small]) {
  describeEncoderContract(`OnnxEncoder (${config.name}, two workers)`, () =>
    createOnnxEncoder({
      encoderModel: sampleEncoder(config),
      encoderVersion: `sample-${config.name}`,
      config,
      heads: [sampleHead(config), sampleHead(config, 12)],
      references: { default: sampleReference() },
      provider: 'cpu',
      workers: 2,
    }),
  );
}

describeEncoderContract('RecordingEncoder', async () => createRecordingEncoder());
