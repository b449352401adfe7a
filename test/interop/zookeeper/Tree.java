import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Apache's own client looks at all nodes: one line each of path, version, owner and data in Base64 ("-" without any). */
public class Tree {
  public static void main(String[] args) throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper zk = new ZooKeeper(args[0], 10000, event -> {
      if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
    });
    connected.await();
    print(zk, "/");
    zk.close();
  }

  static void print(ZooKeeper zk, String path) throws Exception {
    Stat stat = new Stat();
    byte[] data = zk.getData(path, false, stat);
    String text = data == null ? "-" : Base64.getEncoder().encodeToString(data);
    String name = Base64.getEncoder().encodeToString(path.getBytes(StandardCharsets.UTF_8));
    System.out.println(name + " " + stat.getVersion() + " " + stat.getEphemeralOwner() + " " + text);
    for (String child : zk.getChildren(path, false)) print(zk, path.equals("/") ? "/" + child : path + "/" + child);
  }
}
