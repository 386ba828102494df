package io.sluice.bench;

import io.sluice.common.item.ItemBatch;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Stands in the shard writer's place: counts items and throws them away. */
final class CountingSink extends AbstractStreamOperator<Void>
        implements OneInputStreamOperator<ItemBatch, Void> {
    private static final long serialVersionUID = 1L;

    @Override
    public void processElement(StreamRecord<ItemBatch> batch) {
        Clock.CLOCK.received(batch.getValue().count());
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        Clock.CLOCK.ended();
        super.processWatermark(mark);
    }
}
